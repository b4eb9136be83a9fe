/** Handlers for the tests of handlers: one file of deeds, each the first segment of its URL, and the server around it. */
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const KIT = `
import { writeFile, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineHandler } from 'webgarden'
const state = { loaded: 0, gone: 0, tail: '' }
const json = (ecb, value) => {
  ecb.sendResponseHeaderEx({ status: '200 OK', headers: 'Content-Type: application/json\\r\\nX-A: 1\\r\\nX-A: 2\\r\\n' })
  return ecb.writeClient(JSON.stringify(value))
}
let scope
const deeds = {
  '/facts.kit': (ecb) => json(ecb, {
    connId: ecb.connId > 0, options: ecb.options, method: ecb.method, queryString: ecb.queryString, pathInfo: ecb.pathInfo,
    pathTranslated: ecb.pathTranslated, contentType: ecb.contentType, totalBytes: ecb.totalBytes, available: ecb.available,
    connected: ecb.isConnected(), keep: ecb.isKeepAlive(), cert: ecb.getCertInfo(), normal: ecb.normalizeUrl('/a/../b%20c?x'),
    path: ecb.mapUrlToPath('/../x/y.txt'), ex: ecb.mapUrlToPathEx('/x'), status: ecb.getExecUrlStatus() === undefined,
    loaded: state.loaded, aborted: ecb.signal.aborted,
  }),
  '/variables.kit': (ecb) => json(ecb, Object.fromEntries(ecb.queryString.split(',').map((name) => [name, ecb.getServerVariable(name) ?? null]))),
  '/echo.kit': async (ecb) => {
    for (;;) {
      const bytes = await ecb.readClient(10)
      if (bytes.length === 0) return
      if (bytes.length > 10) throw new Error('too many')
      await ecb.writeClient(bytes)
    }
  },
  '/stream.kit': async (ecb) => { for await (const chunk of ecb.body) await ecb.writeClient(chunk) },
  '/async-read.kit': (ecb) => new Promise((resolve) => ecb.asyncReadClient((error, bytes) => resolve(json(ecb, { error, text: bytes.toString() })))),
  '/slow-read.kit': async (ecb) => {
    const first = await ecb.readClient()
    await sleep(300)
    const here = ecb.available
    let total = first.length
    for (;;) {
      const bytes = await ecb.readClient()
      if (bytes.length === 0) break
      total += bytes.length
    }
    await json(ecb, { here, total, expected: ecb.totalBytes })
  },
  '/part-read.kit': async (ecb) => { await ecb.readClient(5); ecb.sendResponseHeaderEx({ status: 413 }) },
  '/header.kit': (ecb) => { ecb.sendResponseHeader('299 Odd', { 'X-One': 1, 'X-Two': ['a', 'b'] }) },
  '/redirect.kit': (ecb) => ecb.sendUrlRedirect('/elsewhere', 307),
  '/error.kit': (ecb) => ecb.sendCustomError('404 Not Found', 3, 'only here'),
  '/status.kit': (ecb) => { ecb.httpStatusCode = 202; ecb.logData = 'gone'; ecb.logData = 'kit=log'; ecb.appendLogParameter('more') },
  '/late-status.kit': async (ecb) => { ecb.sendResponseHeaderEx({}); ecb.httpStatusCode = 418; await ecb.writeClient('x') },
  '/throw.kit': () => { throw new Error('thrown on purpose') },
  '/reject.kit': async (ecb) => { await ecb.writeClient('begun'); throw new Error('rejected on purpose') },
  '/answers-error.kit': () => 'ERROR',
  '/keep.kit': () => 'SUCCESS_AND_KEEP_CONN',
  '/nonsense.kit': () => 'NONSENSE',
  '/file.kit': (ecb) => { if (ecb.context.request.headers.range) state.socket = ecb.context.request.socket; return ecb.transmitFile({ file: ecb.mapUrlToPath('/big.bin'), conditional: true, headers: { 'Cache-Control': 'no-store' } }) },
  '/slice.kit': (ecb) => ecb.transmitFile({ file: ecb.mapUrlToPath('/big.bin'), offset: 5, bytesToWrite: 4, head: '<', tail: '>', status: 203, disconnectAfterSend: ecb.queryString === 'close' }),
  '/nofile.kit': async (ecb) => { try { await ecb.transmitFile({ file: ecb.mapUrlToPath('/none') }) } catch (error) { ecb.sendCustomError(error.code === 'ENOENT' ? 404 : 500) } },
  '/vector.kit': async (ecb) => {
    const file = await open(ecb.mapUrlToPath('/big.bin'))
    await ecb.vectorSend({ status: 200, elements: ['one ', Buffer.from('two '), { file, offset: 1, bytesToWrite: 2 }], finalSend: true })
    await file.close()
  },
  '/gather.kit': async (ecb) => {
    ecb.setFlushFlag(false)
    for (let i = 0; i < 5; i++) await ecb.writeClient(String(i))
    const before = ecb.context.response.headersSent
    ecb.setFlushFlag(true)
    await ecb.writeClient(' ' + before + ' ' + ecb.context.response.headersSent)
  },
  '/taken.kit': async (ecb) => {
    const { socket } = state
    for (let before = -1; before !== socket.bytesWritten; await sleep(100)) before = socket.bytesWritten
    await json(ecb, { bytes: socket.bytesWritten })
  },
  '/close.kit': async (ecb) => { await ecb.writeClient('last words'); ecb.closeConnection(); await ecb.writeClient('x').catch(() => { state.tail = String(ecb.isConnected()) }) },
  '/abort.kit': (ecb) => { ecb.abortiveClose() },
  '/cancel.kit': async (ecb) => {
    const read = ecb.readClient().catch((error) => error)
    await sleep(20)
    ecb.cancelIo()
    await json(ecb, { code: (await read).code })
  },
  '/endless.kit': async (ecb) => {
    const chunk = Buffer.alloc(65536)
    let aborted = false
    ecb.signal.addEventListener('abort', () => { aborted = true })
    try { for (;;) await ecb.writeClient(chunk) }
    catch (error) { state.gone = { code: error.code, connected: ecb.isConnected(), aborted: aborted || ecb.signal.aborted } }
  },
  '/gone.kit': async (ecb) => { while (state.gone === 0) await sleep(10); await json(ecb, state.gone) },
  '/unhealthy.kit': (ecb) => { ecb.reportUnhealthy('kit is tired'); ecb.raiseTraceEvent('told'); return json(ecb, { pid: state.loaded }) },
  '/exec.kit': async (ecb) => {
    await ecb.execUrl({ url: '/app?from=kit', method: 'post', headers: ['X-Child', 'yes', 'Content-Length', '4'], entity: 'body', user: { name: 'kid', type: 'Kit' } })
  },
  '/exec-bare.kit': async (ecb) => {
    ecb.context.response.setHeader('X-Mine', 'stays')
    const status = await ecb.execUrl({ url: '/app', noHeaders: true, ignoreValidationAndRange: true })
    state.gone = { status, again: ecb.getExecUrlStatus() }
  },
  '/exec-error.kit': async (ecb) => { await ecb.execUrl({ url: '/error.kit', disableCustomError: true }); ecb.appendLogParameter('x') },
  '/loop.kit': (ecb) => ecb.execUrl({ url: '/loop2.kit' }).then(() => undefined),
  '/loop2.kit': (ecb) => ecb.execUrl({ url: '/loop.kit' }).then(() => undefined),
  '/unwaited.kit': (ecb) => { void ecb.execUrl({ url: '/app' }) },
}
export default defineHandler({
  name: 'kit',
  options: { type: 'object', additionalProperties: false, properties: { greeting: { type: 'string', default: 'hello' } } },
  load(given, options) { scope = given; state.loaded++; if (options.greeting === '') throw new Error('no greeting') },
  handle(ecb) {
    const deed = deeds[ecb.context.scriptPath]
    if (deed === undefined) return ecb.sendCustomError(404)
    return deed(ecb)
  },
  unload() { scope.event({ level: 'info', text: 'the kit is unloaded' }) },
})
`

const WILD = `
import { defineHandler } from 'webgarden'
export const wild = defineHandler({
  name: 'wild',
  async handle(ecb) {
    if (ecb.getServerVariable('HTTP_X_REFUSE') !== undefined) return ecb.sendCustomError(403, 6)
    ecb.context.response.setHeader('X-Wild', ecb.getServerVariable('SCRIPT_NAME'))
    const { status } = await ecb.execUrl()
    if (status !== ecb.getExecUrlStatus().status) throw new Error('another status')
  },
})
`

const WHOLE = `
import { defineHandler } from 'webgarden'
export default defineHandler({ name: 'whole', handle: (ecb) => ecb.writeClient('whole ' + ecb.pathInfo).then(() => 'SUCCESS') })
`

const TROUBLE = `
import { defineHandler } from 'webgarden'
export default defineHandler({ name: 'trouble', handle(ecb) {
  if (ecb.queryString === 'crash') setTimeout(() => { throw new Error('crash') })
  else if (ecb.queryString === 'hang') for (;;);
  else return ecb.writeClient('calm').then(() => 'SUCCESS')
  return new Promise(() => {})
} })
`

const APP = `export default (request, response) => {
  response.setHeader('X-App', 'application')
  let body = ''
  request.on('data', (chunk) => { body += chunk })
  request.on('end', () => {
    const { method, url, headers, serverVariables: { AUTH_USER, AUTH_TYPE, PATH_INFO } } = request
    response.end(JSON.stringify({ method, url, child: headers['x-child'], host: headers.host, range: headers.range, body, AUTH_USER, AUTH_TYPE, PATH_INFO }))
  })
}`

export const BIG = 50 * 1024 * 1024

/** A site with the handlers, in pools of this isolation. */
export const startKit = (isolation: string, trouble: object = {}): Promise<TestServer> =>
  startServer(
    oneSite(
      [
        {
          path: '/',
          module: './app.mjs',
          handlers: [
            { name: 'Wild', path: '/wild/*', module: './wild.mjs', requireAccess: 'None' },
            { name: 'Wilder', path: '/app,/*.html', module: './wild.mjs' },
            {
              name: 'Kit',
              path: '*.kit',
              module: './kit.mjs',
              allowPathInfo: true,
              options: { greeting: 'good day' },
            },
            { name: 'Writes', path: '/write', module: './kit.mjs', requireAccess: 'Write' },
          ],
        },
        { path: '/whole', module: './whole.mjs' },
        {
          path: '/shop',
          module: './app.mjs',
          handlers: [{ name: 'Kit', path: '*.kit', verb: 'GET', module: './kit.mjs' }],
        },
        {
          path: '/wrong',
          module: './kit.mjs',
          options: { greting: 1 },
          applicationPool: 'Wrong',
        },
        { path: '/trouble', module: './trouble.mjs', applicationPool: 'Trouble' },
      ],
      {
        applicationPoolDefaults: { isolation },
        applicationPools: [
          {
            name: 'DefaultAppPool',
            processModel: { pingInterval: '1s', pingResponseTime: '30s', shutdownTimeLimit: '2s' },
          },
          { name: 'Wrong' },
          { name: 'Trouble', ...trouble },
        ],
      },
    ),
    { 'kit.mjs': KIT, 'wild.mjs': WILD, 'whole.mjs': WHOLE, 'trouble.mjs': TROUBLE, 'app.mjs': APP },
  )
