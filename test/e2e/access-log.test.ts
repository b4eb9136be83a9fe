/** The W3C access log of the built server: a line for every request, however it ended, byte for byte as IIS writes it. */
import { readdir, readFile, symlink, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  if (request.url === '/exit') process.exit(1)
  if (request.url === '/never') return console.log('NEVER')
  if (request.url === '/missing') return response.writeHead(404).end('no')
  response.end('hello')
}`

const linesIn = async (folder: string): Promise<string[]> => {
  const names = await readdir(folder)
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')))
  return texts.join('').split('\r\n')
}

/** Ends the server, so that all is written, and answers the lines of its first site and of the error log. */
const logsOf = async (server: TestServer): Promise<{ site: string[]; errors: string[] }> => {
  server.process.kill('SIGTERM')
  await server.printed(/^stopped$/m)
  const logs = join(server.folder, 'logs')
  const site = await linesIn(join(logs, 'W3SVC1')).catch(() => [])
  const errors = await linesIn(join(logs, 'HTTPERR')).catch(() => [])
  await server.stop()
  return { site, errors }
}

t.test('the header, then a line for each request, in the fields and the order of IIS', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), { 'app.mjs': APP })
  const client = await rawClient(server.port)
  client.send(get('/a%20b?x=1&y=a+b', { 'User-Agent': 'Tester/1.0 (a; b)', Referer: 'http://x/y z' }))
  await client.until(/hello$/)
  client.send(get('/missing'))
  await client.until(/no\r\n0\r\n\r\n$|no$/)
  client.socket.destroy()
  const { site } = await logsOf(server)
  t.match(site[0], /^#Software: webgarden \d/)
  t.equal(site[1], '#Version: 1.0')
  t.match(site[2], /^#Date: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  t.equal(
    site[3],
    '#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) ' +
      'sc-status sc-substatus sc-win32-status time-taken',
  )
  t.match(
    site[4],
    new RegExp(
      `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d 127\\.0\\.0\\.1 GET /a\\+b x=1&y=a\\+b ${server.port} - 127\\.0\\.0\\.1 ` +
        'Tester/1\\.0\\+\\(a;\\+b\\) http://x/y\\+z 200 0 0 \\d+$',
    ),
  )
  t.match(site[5], / GET \/missing - \d+ - 127\.0\.0\.1 - - 404 0 0 \d+$/)
  t.same(site.slice(6), [''])
})

t.test('all fields, bytes too', async (t) => {
  const fields = [
    'Date', 'Time', 'ClientIP', 'UserName', 'SiteName', 'ComputerName', 'ServerIP', 'Method', 'UriStem', 'UriQuery',
    'HttpStatus', 'Win32Status', 'BytesSent', 'BytesRecv', 'TimeTaken', 'ServerPort', 'UserAgent', 'Cookie', 'Referer',
    'ProtocolVersion', 'Host', 'HttpSubStatus',
  ] // prettier-ignore
  const server = await startServer(
    {
      ...oneSite([{ path: '/', module: './app.mjs' }]),
      siteDefaults: { logFile: { logExtFileFlags: fields } },
    },
    { 'app.mjs': APP },
  )
  const client = await rawClient(server.port)
  const request = get('/', { Cookie: 'a=b; c=d' })
  client.send(request)
  const response = await client.until(/hello$/)
  client.socket.destroy()
  const { site } = await logsOf(server)
  const line = (site[4] ?? '').split(' ')
  const names = (site[3] ?? '').replace('#Fields: ', '').split(' ')
  const value = (name: string): string | undefined => line[names.indexOf(name)]
  t.equal(names.length, fields.length)
  t.equal(value('s-sitename'), 'W3SVC1')
  t.equal(value('cs-version'), 'HTTP/1.1')
  t.equal(value('cs-host'), 'test')
  t.equal(value('cs(Cookie)'), 'a=b;+c=d')
  t.equal(value('sc-bytes'), String(response.length))
  t.equal(value('cs-bytes'), String(request.length))
})

t.test('requests that were refused, cut off or lost are logged, each once', async (t) => {
  const server = await startServer(oneSite([{ path: '/app', module: './app.mjs' }]), { 'app.mjs': APP })
  const bad = await rawClient(server.port)
  bad.send('GET /bad HTTP/1.1\r\nHost: a b\r\n\r\n')
  t.match((await bad.ended()).text, /^HTTP\/1\.1 400 /)
  const broken = await rawClient(server.port)
  broken.send('GET  HTTP/1.1\r\n\r\n')
  t.match((await broken.ended()).text, /^HTTP\/1\.1 400 /)
  t.equal((await fetch(`${server.url}/nowhere`)).status, 404)
  const gone = await rawClient(server.port)
  gone.send(get('/app/never'))
  await server.printed(/NEVER/)
  gone.socket.destroy()
  t.equal(await (await fetch(`${server.url}/app/`)).text(), 'hello')
  const lost = await rawClient(server.port)
  lost.send(get('/app/exit'))
  t.equal((await lost.ended()).how, 'reset')
  const { site, errors } = await logsOf(server)
  const count = (lines: readonly string[], pattern: RegExp): number =>
    lines.filter((line) => pattern.test(line)).length
  t.equal(count(errors, / HTTP\/1\.1 GET \/bad 400 - Hostname/), 1)
  t.equal(count(errors, / 400 - (URL|BadRequest)/), 1)
  t.equal(count(site, / GET \/nowhere - .* 404 0 0 /), 1)
  t.equal(count(site, / GET \/app\/never .* 64 \d+$/), 1)
  t.equal(count(site, / GET \/app\/ .* 200 0 0 \d+$/), 1)
  t.equal(count(site, / GET \/app\/exit .* 1236 \d+$/), 1)
  t.equal(count(errors, / GET \/app\/exit - 1 Connection_Abandoned_By_ReqQueue/), 1)
})

t.test('a full disk costs lines and one event, never a request', async (t) => {
  const server = await startServer(
    { ...oneSite([{ path: '/', module: './app.mjs' }]), siteDefaults: { logFile: { period: 'MaxSize' } } },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  // The real thing: a device that is always full stands where the file would be made.
  await mkdir(join(server.folder, 'logs', 'W3SVC1'), { recursive: true })
  await symlink('/dev/full', join(server.folder, 'logs', 'W3SVC1', 'u_extend1.log'))
  for (let i = 0; i < 50; i++) t.equal((await fetch(server.url)).status, 200)
  await server.printed(/ERROR\s+W3SVC .*(no space left|ENOSPC)/i)
  for (let i = 0; i < 50; i++) t.equal((await fetch(server.url)).status, 200)
  t.equal(server.output().match(/ERROR\s+W3SVC/g)?.length, 1, 'one event')
})

t.test('a site whose log is off writes none', async (t) => {
  const server = await startServer(
    { ...oneSite([{ path: '/', module: './app.mjs' }]), siteDefaults: { logFile: { enabled: false } } },
    { 'app.mjs': APP },
  )
  t.equal((await fetch(server.url)).status, 200)
  t.same((await logsOf(server)).site, [])
})
