/** Requests that must not pass, on the built server: each rule by its sub-status, before any worker, and in the site's log. */
import { request as httpRequest } from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'
import { endAndReadLog } from '../harness/site-log.js'

/** Counts what reaches it, and says so at /seen. */
const APP = `
let seen = 0
export default (request, response) => {
  if (request.url === '/seen') { response.end(String(seen)); return }
  seen++
  response.setHeader('Server', 'secret/1.0')
  if (request.url.startsWith('/kept')) response.setHeader('Cache-Control', 'max-age=60')
  let bytes = 0
  request.on('data', (chunk) => { bytes += chunk.length })
  request.on('end', () => response.end(request.method + ' ' + request.url + ' ' + bytes))
  request.on('error', () => undefined)
}`

const app = (path: string, requestFiltering?: object, more: object = {}): Record<string, unknown> => ({
  path,
  module: './app.mjs',
  ...(requestFiltering && { requestFiltering }),
  ...more,
})

const config = oneSite(
  [
    app('/'),
    app('/plain', {
      verbs: { add: [{ clear: true }] },
      requestLimits: { maxUrl: 9000, maxQueryString: 9000 },
    }),
    app('/strict', {
      allowHighBitCharacters: false,
      verbs: { allowUnlisted: false, add: [{ verb: 'GET' }, { verb: 'POST' }] },
      fileExtensions: { add: [{ fileExtension: '.exe', allowed: false }] },
      hiddenSegments: { add: [{ segment: 'secret' }] },
      denyUrlSequences: [{ sequence: '..' }, { sequence: ':' }],
      denyQueryStringSequences: [{ sequence: '<script' }],
      alwaysAllowedUrls: [{ url: '/strict/health:ok' }],
      alwaysAllowedQueryStrings: [{ queryString: 'demo=<script' }],
      filteringRules: [
        {
          name: 'leeches',
          scanUrl: false,
          scanQueryString: false,
          scanHeaders: [{ requestHeader: 'User-Agent' }],
          appliesTo: [{ fileExtension: '.gif' }],
          denyStrings: [{ string: 'leech-bot' }],
        },
        { name: 'sql', scanUrl: false, denyStrings: [{ string: 'drop table' }] },
        {
          name: 'raw',
          scanUrl: false,
          scanQueryString: false,
          scanAllRaw: true,
          denyStrings: [{ string: 'x-evil' }],
        },
      ],
      requestLimits: { maxAllowedContentLength: 10, headerLimits: [{ header: 'Cookie', sizeLimit: 5 }] },
    }),
    app('/twice', { allowDoubleEscaping: true, removeServerHeader: true, verbs: { add: [{ clear: true }] } }),
    { path: '/files', type: 'static', physicalPath: './files' },
  ],
  {
    requestFiltering: {
      verbs: { add: [{ verb: 'TRACE', allowed: false }] },
      denyUrlSequences: [{ sequence: 'forbidden' }],
    },
  },
)

const statusOf = async (
  server: TestServer,
  method: string,
  target: string,
  headers: string[] = [],
  body = '',
): Promise<number> => {
  const client = await rawClient(server.port)
  client.send(
    `${method} ${target} HTTP/1.1\r\n${['Host: x', ...headers, 'Connection: close', '', body].join('\r\n')}`,
  )
  const { text } = await client.ended()
  return Number(text.slice(9, 12))
}

t.test(
  'what a rule refuses is answered 404 or 413, logged with its sub-status, and reaches no worker',
  async (t) => {
    const server = await startServer(config, { 'app.mjs': APP, 'files/bin/x.txt': 'x', 'files/a.txt': 'a' })
    t.teardown(() => server.stop())
    const at = (target: string, headers: string[] = [], method = 'GET', body = '') =>
      statusOf(server, method, target, headers, body)
    const seen = async (path: string) => Number(await (await fetch(`${server.url}${path}/seen`)).text())

    const cases: [subStatus: string, status: Promise<number>][] = [
      ['404 5', at('/strict/a:b')],
      ['404 5', at('/strict/x/../y')],
      ['404 5', at('/strict/x%3ay')],
      ['404 5', at('/strict/FORBIDDEN')],
      ['404 6', at('/strict/x', [], 'DELETE')],
      ['404 6', at('/x', [], 'TRACE')],
      ['404 7', at('/strict/a.EXE')],
      ['404 8', at('/strict/a/Secret/b')],
      ['404 8', at('/strict/a%2fsecret')],
      ['404 8', at('/files/bin/x.txt')],
      ['404 8', at('/files/Web.config')],
      ['404 10', at('/strict/x', ['Cookie: abcdef'])],
      ['404 11', at('/strict/%2541')],
      ['404 11', at('/%252e%252e/x')],
      ['404 12', at('/strict/%C3%A9')],
      ['404 12', at('/strict/x?%C3%A9')],
      ['404 14', at(`/${'a/'.repeat(16)}${'b'.repeat(255)}${`/${'c'.repeat(255)}`.repeat(15)}`)],
      ['404 15', at(`/x?${'q'.repeat(2049)}`)],
      ['404 18', at('/strict/x?a=<SCRIPT')],
      ['404 18', at('/strict/x?a=%3Cscript')],
      ['404 19', at('/strict/x.gif', ['User-Agent: the Leech-Bot'])],
      ['404 19', at('/strict/x?q=DROP%20TABLE')],
      ['404 19', at('/strict/x?q=100%')],
      ['404 19', at('/strict/x', ['X-Evil: 1'])],
      ['413 1', at('/strict/x', ['Content-Length: 11'], 'POST', 'hello world')],
      ['413 1', at('/x', ['Content-Length: 30000001'], 'POST', 'x')],
    ]
    for (const [subStatus, status] of cases) t.equal(await status, Number(subStatus.slice(0, 3)), subStatus)
    t.equal(await seen('/strict'), 0, 'nothing of it has reached the application')

    const chunked = ['Transfer-Encoding: chunked']
    t.equal(
      await at('/strict/x', chunked, 'POST', '8\r\n12345678\r\n3\r\nabc\r\n0\r\n\r\n'),
      413,
      'a chunked body is counted',
    )
    for (const [target, headers, method, body] of [
      ['/strict/x', [], 'GET', ''],
      ['/strict/health:ok', [], 'GET', ''],
      ['/strict/x?demo=<script', [], 'GET', ''],
      ['/strict/x', ['Cookie: abcde'], 'GET', ''],
      ['/strict/x', ['Content-Length: 10'], 'POST', '1234567890'],
      ['/strict/x', chunked, 'POST', 'a\r\n1234567890\r\n0\r\n\r\n'],
      ['/strict/x.png', ['User-Agent: the leech-bot'], 'GET', ''],
      ['/bin/secret/x.exe', [], 'DELETE', ''],
      ['/plain/x', [], 'TRACE', ''],
      [`/plain/x?${'q'.repeat(8000)}`, [], 'GET', ''],
      ['/twice/%2541', [], 'GET', ''],
      ['/files/a.txt', [], 'GET', ''],
    ] as const)
      t.equal(await at(target, [...headers], method, body), 200, `${method} ${target.slice(0, 40)} passes`)

    t.match((await fetch(`${server.url}/x`)).headers.get('server'), /secret/)
    t.equal((await fetch(`${server.url}/twice/x`)).headers.get('server'), null, 'removeServerHeader')

    const log = await endAndReadLog(server)
    const fields = /^#Fields: (.*)$/m.exec(log)?.[1]?.split(' ') ?? []
    const column = (name: string): number => fields.indexOf(name)
    const logged = log
      .split('\n')
      .map((line) => line.split(' '))
      .map((line) => `${line[column('sc-status')] ?? ''} ${line[column('sc-substatus')] ?? ''}`)
    for (const subStatus of new Set(cases.map(([one]) => one)))
      t.ok(
        logged.filter((one) => one === subStatus).length >= cases.filter(([one]) => one === subStatus).length,
        `${subStatus} is logged`,
      )
  },
)

t.test(
  'a stored response is no way around the filter, and a change of the filter holds at once',
  async (t) => {
    const filtering = { headerLimits: [{ header: 'X-Long', sizeLimit: 3 }] }
    const one = (more: object) =>
      oneSite([
        app('/', {
          verbs: { add: [{ verb: 'HEAD', allowed: false }] },
          denyUrlSequences: [{ sequence: '..' }],
          requestLimits: filtering,
          ...more,
        }),
      ])
    const server = await startServer(one({}), { 'app.mjs': APP })
    t.teardown(() => server.stop())
    const client = await rawClient(server.port)
    for (let count = 1; count <= 3; count++) {
      client.send(get('/kept'))
      await client.until(new RegExp(`(?:GET /kept 0[^]*){${count}}`))
    }
    t.match(client.received(), /\r\nAge: /i, 'it is answered from the cache')
    t.equal(await statusOf(server, 'GET', '/kept', ['X-Long: abcd']), 404)
    t.equal(await statusOf(server, 'GET', '/x/../kept'), 404)
    t.equal(await statusOf(server, 'HEAD', '/kept'), 404)
    t.equal(await statusOf(server, 'GET', '/kept'), 200)
    const again = client.until(/404 Not Found/)
    client.send(get('/kept', { 'X-Long': 'abcd' }))
    await again
    await writeFile(
      join(server.folder, 'applicationHost.json'),
      JSON.stringify(one({ hiddenSegments: { add: [{ segment: 'kept' }] } })),
    )
    await server.printed(/has changed and is in force/)
    t.equal(await statusOf(server, 'GET', '/kept'), 404)
    t.match(await readFile(join(server.folder, 'applicationHost.json'), 'utf8'), /kept/)
  },
)

t.test(
  'a body that grows too long after its response has begun cuts the connection, and the server lives',
  async (t) => {
    const server = await startServer(
      oneSite([app('/', { requestLimits: { maxAllowedContentLength: 100 } }, { module: './early.mjs' })]),
      {
        'early.mjs': `export default (request, response) => { if (request.method === 'GET') { response.end(); return } response.write('begun'); request.resume(); request.on('error', () => undefined) }`,
      },
    )
    t.teardown(() => server.stop())
    const outcome = await new Promise<string>((resolve) => {
      const outgoing = httpRequest(`${server.url}/`, { method: 'POST' }, (response) => {
        response.on('error', () => undefined)
        response.once('data', () => outgoing.write('x'.repeat(200)))
        response.once('close', () => {
          resolve(response.complete ? 'whole' : 'cut')
        })
      })
      outgoing.on('error', () => undefined)
      outgoing.write('x')
    })
    t.equal(outcome, 'cut')
    t.equal((await fetch(server.url)).status, 200)
  },
)
