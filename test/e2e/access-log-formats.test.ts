/** Access logs of the built server in all formats, for each site and central; rollover by size, SIGHUP, and `webgarden log dump`. */
import { readFileSync } from 'node:fs'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  response.setHeader('Cache-Control', 'max-age=60')
  response.end('hello')
}`

const site = (name: string, more: object = {}): object => ({
  name,
  bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
  applications: [{ path: '/', module: './app.mjs' }],
  ...more,
})

/** Ends the server, so that all is written; its folder is there until the test ends. */
const end = async (server: TestServer): Promise<void> => {
  server.process.kill('SIGTERM')
  await server.printed(/^stopped$/m)
}

/** All files of a folder together, and their names. */
const textsIn = async (folder: string): Promise<{ names: string[]; text: string }> => {
  const names = (await readdir(folder)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return { names, text: texts.join('') }
}

/** Asks for a path twice: the second answer is the cache's. */
const askTwice = async (port: number, path: string): Promise<void> => {
  const client = await rawClient(port)
  client.send(get(path, { 'User-Agent': 'Tester/1.0 (a)' }))
  await client.until(/hello$/)
  client.send(get(path, { 'User-Agent': 'Tester/1.0 (a)' }))
  await client.until(/hello[^]*\r\nAge: [^]*hello$/i)
  client.socket.destroy()
}

t.test('IIS, NCSA and JSON: each site in its own format, cached answers too', async (t) => {
  const server = await startServer(
    {
      sites: (['IIS', 'NCSA', 'JSON'] as const).map((logFormat) =>
        site(logFormat, { logFile: { logFormat } }),
      ),
    },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  for (const port of server.ports) await askTwice(port, '/a%20b?x=1')
  await end(server)
  const logs = join(server.folder, 'logs')

  const iis = await textsIn(join(logs, 'W3SVC1'))
  t.match(iis.names, [/^u_in\d{6}\.log$/])
  const iisLine = `127\\.0\\.0\\.1, -, \\d+/\\d+/\\d{4}, \\d+:\\d\\d:\\d\\d, W3SVC1, ${hostname()}, 127\\.0\\.0\\.1, \\d+, \\d+, \\d+, 200, 0, GET, /a\\+b, x=1,\r\n`
  t.match(iis.text, new RegExp(`^(${iisLine}){2}$`))

  const ncsa = await textsIn(join(logs, 'W3SVC2'))
  t.match(ncsa.names, [/^u_nc\d{6}\.log$/])
  const ncsaLine =
    '127\\.0\\.0\\.1 - - \\[\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}\\] "GET /a\\+b\\?x=1 HTTP/1\\.1" 200 \\d+\r\n'
  t.match(ncsa.text, new RegExp(`^(${ncsaLine}){2}$`))

  const json = await textsIn(join(logs, 'W3SVC3'))
  t.match(json.names, [/^u_js\d{6}\.log$/])
  const records = json.text.trimEnd().split('\n')
  t.equal(records.length, 2)
  for (const record of records)
    t.match(JSON.parse(record), {
      time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
      'cs-method': 'GET',
      'cs-uri-stem': '/a b',
      'cs-uri-query': 'x=1',
      's-port': server.ports[2],
      'cs(User-Agent)': 'Tester/1.0 (a)',
      'sc-status': 200,
    })
})

t.test('CentralW3C: the requests of all sites in one file', async (t) => {
  const server = await startServer(
    { log: { centralLogFileMode: 'CentralW3C' }, sites: [site('One'), site('Two')] },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  for (const port of server.ports) t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200)
  await end(server)
  t.same(await readdir(join(server.folder, 'logs')), ['W3SVC'])
  const { names, text } = await textsIn(join(server.folder, 'logs', 'W3SVC'))
  t.match(names, [/^u_ex\d{6}\.log$/])
  t.match(text, /\r\n#Fields: date time s-sitename s-ip .*\r\n.* W3SVC1 .*\r\n.* W3SVC2 .*\r\n$/)
})

t.test('CentralBinary, and what `log dump` makes of it', async (t) => {
  const server = await startServer(
    {
      log: {
        centralLogFileMode: 'CentralBinary',
        centralBinaryLogFile: { enabled: true, period: 'MaxSize' },
      },
      sites: [site('One'), site('Two')],
    },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  for (const port of server.ports) await askTwice(port, '/a%20b?x=1')
  await end(server)
  const file = join(server.folder, 'logs', 'W3SVC', 'raw1.ibl')

  const text = await webgarden(server.folder, ['log', 'dump', file])
  t.same([text.code, text.stderr], [0, ''])
  const line = (id: number, port: number | undefined): string =>
    `\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d W3SVC${id} ${hostname()} 127\\.0\\.0\\.1 GET /a\\+b x=1 ${port} - 127\\.0\\.0\\.1 HTTP/1\\.1 200 0 0 \\d+ \\d+ \\d+\r\n`
  t.match(
    text.stdout,
    new RegExp(
      `\r\n#Fields: date time s-sitename .*\r\n(${line(1, server.ports[0])}){2}(${line(2, server.ports[1])}){2}$`,
    ),
  )

  const json = await webgarden(server.folder, ['log', 'dump', file, '--json'])
  const records = json.stdout.trimEnd().split('\n')
  t.equal(records.length, 4)
  t.match(JSON.parse(records[3] ?? ''), { 's-sitename': 'W3SVC2', 'cs-uri-stem': '/a b', 'sc-status': 200 })

  const cut = join(server.folder, 'cut.ibl')
  await writeFile(cut, readFileSync(file).subarray(0, -5))
  const short = await webgarden(server.folder, ['log', 'dump', cut, '--json'])
  t.equal(short.code, 0)
  t.equal(
    short.stdout,
    records
      .slice(0, 3)
      .map((record) => `${record}\n`)
      .join(''),
  )
  t.match(short.stderr, /ends within a record: its last \d+ bytes are left out/)

  const zipped = join(server.folder, 'zipped.ibl.gz')
  await writeFile(zipped, gzipSync(readFileSync(file)))
  t.equal((await webgarden(server.folder, ['log', 'dump', zipped, '--json'])).stdout, json.stdout)
})

t.test('`log dump` of what is no binary log says so', async (t) => {
  const folder = t.testdir({
    'u_ex101231.log': '#Software: webgarden\r\n#Version: 1.0\r\n',
    'bad.ibl.gz': 'x',
  })
  const text = await webgarden(folder, 'log dump u_ex101231.log')
  t.equal(text.code, 1)
  t.match(
    text.stderr,
    /^webgarden: u_ex101231\.log: this is not a binary log of webgarden\. `log dump` reads the \.ibl files/,
  )
  const missing = await webgarden(folder, 'log dump none.ibl')
  t.same(missing, { code: 4, stdout: '', stderr: 'webgarden: There is no file none.ibl.\n' })
  const bad = await webgarden(folder, 'log dump bad.ibl.gz')
  t.equal(bad.code, 1)
  t.match(bad.stderr, /^webgarden: bad\.ibl\.gz cannot be read: .*\n$/)
})

t.test(
  'no request is lost or logged twice where files end by their size and are compressed then',
  async (t) => {
    const server = await startServer(
      {
        ...oneSite([{ path: '/', module: './app.mjs' }]),
        siteDefaults: {
          logFile: {
            logFormat: 'NCSA',
            period: 'MaxSize',
            truncateSize: 1_048_576,
            retention: { compress: true },
          },
        },
      },
      { 'app.mjs': APP },
    )
    t.teardown(() => server.stop())
    const padding = 'a'.repeat(1900)
    const requests = 900
    const client = await rawClient(server.port)
    for (let i = 0; i < requests; i++) client.send(get(`/?n=${i}&${padding}`))
    client.send(get('/last', { Connection: 'close' }))
    t.equal((await client.ended()).text.split('hello').length - 1, requests + 1)
    const folder = join(server.folder, 'logs', 'W3SVC1')
    while ((await readdir(folder)).sort().join() !== 'u_ncsa1.log.gz,u_ncsa2.log');
    await end(server)
    const text =
      gunzipSync(readFileSync(join(folder, 'u_ncsa1.log.gz'))).toString() +
      readFileSync(join(folder, 'u_ncsa2.log'), 'utf8')
    const numbers = [...text.matchAll(/\?n=(\d+)&/g)].map((match) => Number(match[1])).sort((a, b) => a - b)
    t.same(
      numbers,
      Array.from({ length: requests }, (_, i) => i),
    )
  },
)

t.test('SIGHUP: logrotate has moved the file, and the next request is in a new one', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      siteDefaults: { logFile: { period: 'MaxSize', flushByEntryCountW3CLog: 1 } },
    }),
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  const folder = join(server.folder, 'logs', 'W3SVC1')
  const file = join(folder, 'u_extend1.log')
  const read = (name: string): Promise<string> => readFile(name, 'utf8').catch(() => '')
  await fetch(`${server.url}/before`)
  while (!(await read(file)).includes('/before'));
  await rename(file, join(folder, 'moved'))
  server.process.kill('SIGHUP')
  // Without the signal it would be looked at after 10 s.
  const patience = Date.now() + 8000
  while (!(await read(file)).includes('/after') && Date.now() < patience) await fetch(`${server.url}/after`)
  await end(server)
  t.match(await read(file), /^#Software: [^]*\/after /)
  t.match(await read(join(folder, 'moved')), '/before')
})
