/** GoAccess, the real program, reads the W3C and NCSA logs of the built server without one failed line. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const run = promisify(execFile)

const APP = `
export default (request, response) => {
  if (request.url.startsWith('/never')) return console.log('NEVER')
  if (request.url.startsWith('/missing')) return response.writeHead(404).end('no')
  response.setHeader('Cache-Control', 'max-age=60')
  response.end('hello')
}`

/** What GoAccess calls the formats. */
const formats = { W3C: 'W3C', NCSA: 'COMMON' } as const

const installed = await run('goaccess', ['--version']).then(
  () => true,
  () => false,
)

/** What browsers, robots and scanners send; each is answered and logged. */
const requests: readonly string[] = [
  get('/', {
    'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36',
    Referer: 'http://r/?a b',
  }),
  get('/', {
    'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36',
    Referer: 'http://r/?a b',
  }),
  get('/a%20b/%22quoted%22%5c?x="1"&y=a b'.replaceAll(' ', '%20')),
  get('/%e6%97%a5%f0%9f%98%80/%c3%bc?q=%c3%bc'),
  get('/missing', { 'User-Agent': '' }),
  get('/tab', { 'User-Agent': 'a\tb "c" \\ [d] \u00fc', Cookie: 'a=b; c="d"' }),
  get(`/${'long/'.repeat(20)}?${'x'.repeat(5000)}`),
  get('/head').replace('GET', 'HEAD'),
  get('/options').replace('GET', 'OPTIONS'),
  get('/post', { 'Content-Length': '3' }).replace('GET', 'POST') + 'abc',
  get('http://test/absolute'),
  get('/../..//%2e%2e/etc/passwd'),
  get('/?a=%zz&b=%00&c=%0d%0a'),
]

const serve = async (): Promise<TestServer> =>
  startServer(
    {
      sites: Object.keys(formats).map((logFormat) => ({
        name: logFormat,
        bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
        applications: [{ path: '/', module: './app.mjs' }],
        logFile: { logFormat },
      })),
    },
    { 'app.mjs': APP },
  )

interface Report {
  readonly general: { readonly total_requests: number; readonly failed_requests: number }
}

/** What GoAccess says of the log of one site, and the lines that it did not understand. */
const analyse = async (
  server: TestServer,
  id: number,
  format: string,
  more: readonly string[] = [],
): Promise<Report['general'] & { invalid: string; lines: number }> => {
  const folder = join(server.folder, 'logs', `W3SVC${id}`)
  const [name = ''] = await readdir(folder)
  const report = join(server.folder, `${format}.json`)
  const invalid = join(server.folder, `${format}.invalid`)
  await run('goaccess', [
    join(folder, name),
    `--log-format=${format}`,
    '--no-global-config',
    `--output=${report}`,
    `--invalid-requests=${invalid}`,
    ...more,
  ])
  const { general } = JSON.parse(await readFile(report, 'utf8')) as Report
  const text = await readFile(join(folder, name), 'utf8')
  const lines = text.split('\r\n').filter((line) => line !== '' && !line.startsWith('#')).length
  return { ...general, lines, invalid: await readFile(invalid, 'utf8').catch(() => '') }
}

const end = async (server: TestServer): Promise<void> => {
  server.process.kill('SIGTERM')
  await server.printed(/^stopped$/m)
}

t.test('GoAccess', async (t) => {
  if (!installed) {
    if (process.env.CI) t.fail('goaccess is not installed')
    else console.error('\n*** NOT TESTED: goaccess is not installed (apt-get install goaccess) ***\n')
    return
  }

  await t.test('every line of whatever clients ask is understood', async (t) => {
    const server = await serve()
    t.teardown(() => server.stop())
    for (const port of server.ports)
      for (const request of requests) {
        const client = await rawClient(port)
        client.send(request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
        t.match((await client.ended()).text, /^HTTP\/1\.1 \d/)
      }
    await end(server)
    for (const [index, format] of Object.values(formats).entries()) {
      const { total_requests, failed_requests, lines, invalid } = await analyse(server, index + 1, format)
      // What names no site, such as a path above the root, is in the HTTP error log.
      t.ok(lines >= requests.length - 1, `${format}: ${lines} lines`)
      t.equal(total_requests, lines, `${format}: all are there`)
      t.equal(failed_requests, 0, `${format}: none has failed`)
      t.equal(invalid, '')
    }
  })

  await t.test(
    'with --no-strict-status also those whose clients went away, which have no status',
    async (t) => {
      const server = await serve()
      t.teardown(() => server.stop())
      for (const [index, port] of server.ports.entries()) {
        const client = await rawClient(port)
        client.send(get('/never'))
        await server.printed(/NEVER/, index + 1)
        client.socket.destroy()
        t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200)
      }
      await end(server)
      for (const [index, format] of Object.values(formats).entries()) {
        const result = await analyse(server, index + 1, format, ['--no-strict-status'])
        t.match(result, { total_requests: 2, failed_requests: 0, invalid: '' }, format)
      }
    },
  )
})
