/** Filters over a real socket: each notification, what its answers do, and what a wrong one in the configuration says. */
import { rm } from 'node:fs/promises'
import t from 'tap'
import { writeFolder, oneSite, startServer, type TestServer } from '../harness/server.js'
import { endAndReadLog } from '../harness/site-log.js'
import { get, rawClient } from '../harness/raw-client.js'
import { webgarden } from '../harness/command.js'

const WATCHER = `
import { defineFilter } from 'webgarden'
let closed = 0
export default defineFilter({
  name: 'watcher',
  priority: 'high',
  options: { type: 'object', additionalProperties: false, properties: { word: { type: 'string', default: 'none' } } },
  preprocHeaders(pfc, headers) {
    pfc.requestContext = ['preproc:' + pfc.options.word]
    pfc.connectionContext = (pfc.connectionContext ?? 0) + 1
    headers.setHeader('X-Added:', 'by the filter')
    if (headers.url === '/old') headers.url = '/new?from=old'
    if (headers.url === '/closed') { pfc.sendResponseHeader(200, ['X-Closed', String(closed)]); return 'REQ_FINISHED_KEEP_CONN' }
    if (headers.url === '/finish') { pfc.writeClient('done by the filter'); return 'REQ_FINISHED' }
    if (headers.url === '/error') return 'REQ_ERROR'
    if (headers.url === '/handled') return 'REQ_HANDLED_NOTIFICATION'
    return 'REQ_NEXT_NOTIFICATION'
  },
  async urlMap(pfc, map) {
    await null
    pfc.requestContext?.push('map')
    if (map.url === '/aliased.txt') map.physicalPath = map.physicalPath.replace('aliased', 'real')
    return 'REQ_NEXT_NOTIFICATION'
  },
  authentication(pfc, credentials) {
    pfc.requestContext?.push('auth:' + credentials.user)
    if (credentials.user === 'guest') credentials.user = 'visitor'
    return 'REQ_NEXT_NOTIFICATION'
  },
  authComplete(pfc, headers) {
    pfc.requestContext?.push('complete')
    return 'REQ_NEXT_NOTIFICATION'
  },
  accessDenied(pfc, denied) {
    if (denied.url !== '/denied/own') { pfc.addHeadersOnDenial(['X-Denied', denied.reason]); return 'REQ_NEXT_NOTIFICATION' }
    pfc.sendResponseHeader(403, ['Content-Type', 'text/plain'])
    pfc.writeClient('denied by the filter')
    return 'REQ_FINISHED_KEEP_CONN'
  },
  sendResponse(pfc, headers) {
    headers.setHeader('X-Heard', [...(pfc.requestContext ?? []), 'count:' + pfc.connectionContext].join(' '))
    return 'REQ_NEXT_NOTIFICATION'
  },
  log(pfc, record) {
    if (record.target === '/new' || record.target === '/old') { record.clientUserName = 'the-filter'; record.target = '/logged' }
  },
  endOfRequest() {},
  endOfNetSession() { closed++ },
})
`

const SECOND = `
import { defineFilter } from 'webgarden'
export default defineFilter({
  name: 'second',
  preprocHeaders(pfc, headers) {
    headers.setHeader('X-Second', 'heard')
    return 'REQ_NEXT_NOTIFICATION'
  },
})
`

const GUARD = `
import { defineModule } from 'webgarden'
export default defineModule({
  name: 'guard',
  setup: () => ({ authorize(ctx) {
    if (!ctx.path.startsWith('/denied')) return 'CONTINUE'
    ctx.sendError(401, 2)
    return 'FINISH'
  } }),
})
`

const APP = `export default (request, response) => {
  const { authorization } = request.headers
  response.end(JSON.stringify({
    url: request.url, added: request.headers['x-added'], second: request.headers['x-second'],
    user: authorization && Buffer.from(authorization.slice(6), 'base64').toString(),
  }))
}`

const files = {
  'app.mjs': APP,
  'watcher.mjs': WATCHER,
  'second.mjs': SECOND,
  'guard.mjs': GUARD,
  'files/real.txt': 'the real file',
}

const start = (): Promise<TestServer> =>
  startServer(
    oneSite([
      {
        path: '/',
        module: './app.mjs',
        physicalPath: './files',
        filters: [
          { name: 'second', module: './second.mjs' },
          { name: 'watcher', module: './watcher.mjs', options: { word: 'hello' } },
        ],
        modules: [{ name: 'guard', module: './guard.mjs' }],
      },
    ]),
    files,
  )

t.test('filters hear of a request and change it', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, { headers })

  const plain = await ask('/')
  t.same(await plain.json(), { url: '/', added: 'by the filter', second: 'heard' })
  t.match(plain.headers.get('x-heard'), /^preproc:hello map auth: complete count:\d+$/)

  t.match(await (await ask('/old')).json(), { url: '/new?from=old' })
  const handled = (await (await ask('/handled')).json()) as { second?: string }
  t.equal(handled.second, undefined, 'HANDLED: the others do not hear of it')

  const basic = (user: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`,
  })
  t.match(await (await ask('/', basic('guest'))).json(), { user: 'visitor:secret' })

  const client = await rawClient(server.port)
  client.send(get('/finish'))
  t.match((await client.ended()).text, /done by the filter/, 'the connection ends with the answer')

  const failed = await ask('/error')
  t.equal(failed.status, 500)
  t.match(await failed.text(), /Filter "watcher" answered REQ_ERROR to preprocHeaders/)

  const denied = await ask('/denied/x')
  t.equal(denied.status, 401)
  t.equal(denied.headers.get('x-denied'), 'BY_CONFIG')
  const own = await ask('/denied/own')
  t.equal(own.status, 403)
  t.equal(await own.text(), 'denied by the filter')

  const closed = Number((await ask('/closed')).headers.get('x-closed'))
  t.ok(closed >= 1, 'connections that have ended were told')
  t.notMatch(server.output(), /failed in/, 'and nothing has failed')
  const lines = await endAndReadLog(server)
  t.match(lines, / GET \/logged - \d+ the-filter /, 'what a filter sets is logged')
})

t.test('a mistake is told with its place, and the code is not run by the server', async (t) => {
  const check = async (application: object): Promise<string> => {
    const folder = await writeFolder(oneSite([{ path: '/', module: './app.mjs', ...application }]), {
      ...files,
      'raw.mjs': `import { defineFilter } from 'webgarden'
        export default defineFilter({ name: 'raw', readRawData: () => 'REQ_NEXT_NOTIFICATION' })`,
      'exits.mjs': 'process.exit(3)',
    })
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const { code, stderr } = await webgarden(folder, 'check')
    t.equal(code, 2)
    return stderr
  }
  const forms = await check({ handlers: [{ name: 'both' }, { path: '*' }] })
  t.match(forms, /handlers\/0: needs either a "module" made with defineHandler or the "type" of an adapter/)
  t.match(forms, /handlers\/1: needs a "name"/)
  const loaded = await check({
    filters: [
      { name: 'watcher', module: './watcher.mjs', options: { wrod: 'x' } },
      { name: 'raw', module: './raw.mjs' },
      { name: 'guard', module: './guard.mjs' },
    ],
    modules: [{ name: 'compresion' }],
  })
  t.match(loaded, /filters\/0\/options\/wrod: unknown key "wrod"; did you mean "word"/)
  t.match(loaded, /filters\/1\/module: the filter asks for readRawData: .* "isolationMode": "iis5"/)
  t.match(loaded, /filters\/2\/module: .*guard.mjs exports no filter; make one with defineFilter/)
  t.match(loaded, /modules\/0\/name: there is no standard module "compresion"/)
  t.match(
    await check({ handlers: [{ name: 'app', type: 'koa' }] }),
    /handlers\/0\/type: "koa" hosts whole applications/,
  )
  t.match(
    await check({ filters: [{ name: 'exits', module: './exits.mjs' }] }),
    /filters\/0\/module: ends the thread that imports it with exit code 3/,
  )
})

const RAW = `
import { defineFilter } from 'webgarden'
export default defineFilter({
  name: 'raw',
  readRawData(pfc, raw) {
    if (!raw.data.includes('\\r\\n\\r\\n')) return 'REQ_READ_NEXT'
    if (raw.data.includes('/cut')) return 'REQ_FINISHED'
    pfc.connectionContext = (pfc.connectionContext ?? 0) + 1
    raw.data = Buffer.from(raw.data.toString('latin1').replace('/raw', '/cooked' + pfc.connectionContext), 'latin1')
    return 'REQ_NEXT_NOTIFICATION'
  },
  sendRawData(pfc, raw) {
    raw.data = Buffer.from(raw.data.toString('latin1').replace('"url"', '"URL"'), 'latin1')
    return 'REQ_NEXT_NOTIFICATION'
  },
})
`

t.test(
  'iis5: filters of the server see the bytes of connections, before and after everything else',
  async (t) => {
    const server = await startServer(
      {
        isolationMode: 'iis5',
        filters: [{ name: 'raw', module: './raw.mjs' }],
        ...oneSite([{ path: '/', module: './app.mjs' }]),
      },
      { ...files, 'raw.mjs': RAW },
    )
    t.teardown(() => server.stop())
    const client = await rawClient(server.port)
    const bytes = get('/raw')
    client.send(bytes.slice(0, 9))
    client.send(bytes.slice(9))
    await client.until(/"URL":"\/cooked1"/)
    client.send(get('/raw'))
    await client.until(/"URL":"\/cooked2"/)
    client.send(get('/cut'))
    t.equal((await client.ended()).how, 'closed')
    const other = await rawClient(server.port)
    other.send(get('/raw'))
    t.ok(await other.until(/"URL":"\/cooked1"/), 'another connection is not touched')
    other.socket.destroy()
  },
)
