/** FastCGI over the built server, with Node only: a server by its address, and processes that are spawned. */
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

t.setTimeout(60_000)

/** A FastCGI application on its standard input, or on the address that it is given: what the query says is done. */
const APPLICATION = `#!${process.execPath}
const net = require('node:net'), fs = require('node:fs')
const record = (type, content) => {
  const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0])
  return Buffer.concat([head, Buffer.from(content)])
}
let connections = 0, requests = 0
const server = net.createServer((socket) => {
  const connection = ++connections
  let rest = Buffer.alloc(0), names, body, flags
  socket.on('error', () => {})
  const answer = async () => {
    const end = () => {
      socket.write(Buffer.concat([record(6, Buffer.alloc(0)), record(3, Buffer.alloc(8))]))
      if (!(flags & 1)) socket.end()
    }
    requests++
    const q = names.QUERY_STRING
    if (q === 'exit') process.exit(7)
    if (q === 'hang') return
    if (q === 'close') return socket.destroy()
    if (q === 'err') socket.write(record(7, Buffer.from('PHP Notice: <b>')))
    if (q === 'garbage') return socket.end('HTTP/1.1 400 Bad Request')
    if (q === 'stream') {
      socket.write(record(6, Buffer.from('Content-Type: text/plain\\n\\nbegun')))
      const timer = setInterval(() => socket.write(record(6, Buffer.from('x'))), 20)
      socket.on('close', () => { clearInterval(timer); fs.writeFileSync('aborted', 'yes') })
      return
    }
    const text = 'Content-Type: application/json\\r\\n\\r\\n' + JSON.stringify({ pid: process.pid, connection, requests, body: body.length, names })
    socket.write(record(6, Buffer.from(text)))
    end()
    // As a server whose patience is over: the next request finds it closed.
    if (q === 'last') socket.end()
  }
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 8) {
      const length = rest.readUInt16BE(4), end = 8 + length + rest[6]
      if (rest.length < end) return
      const type = rest[1], content = rest.subarray(8, 8 + length)
      rest = rest.subarray(end)
      if (type === 1) { flags = content[2]; names = {}; body = '' }
      if (type === 9) socket.end(record(10, Buffer.alloc(0)))
      if (type === 2) fs.writeFileSync('abort-record', 'yes')
      if (type === 4) {
        for (let at = 0; at < content.length; ) {
          const size = () => content[at] < 128 ? content[at++] : (content.readUInt32BE((at += 4) - 4) & 0x7fffffff)
          const n = size(), v = size()
          names[content.toString('utf8', at, at + n)] = content.toString('utf8', at + n, at + n + v)
          at += n + v
        }
      }
      if (type === 5) { if (length === 0) answer(); else body += content.toString('latin1') }
    }
  })
})
const address = process.argv[2]
server.listen(address === undefined ? { fd: 0 } : address)
`

const FILES = {
  'app.cjs': APPLICATION,
  'php/index.php': '',
  'php/style.css': 'body {}',
}

interface Said {
  readonly pid: number
  readonly connection: number
  readonly requests: number
  readonly body: number
  readonly names: Record<string, string | undefined>
}

const start = async (t: Test, options: object): Promise<TestServer> => {
  const server = await startServer(
    oneSite([
      {
        path: '/php',
        type: 'fastcgi',
        physicalPath: './php',
        options: { fullPath: process.execPath, arguments: ['../app.cjs'], maxInstances: 1, ...options },
      },
    ]),
    FILES,
  )
  t.teardown(() => server.stop())
  return server
}

const said = async (server: TestServer, query = '', init: RequestInit = {}): Promise<Said> =>
  (await (await fetch(`${server.url}/php/index.php?${query}`, init)).json()) as Said

const statusOf = async (server: TestServer, query: string): Promise<number> =>
  (await fetch(`${server.url}/php/?${query}`)).status

for (const protocol of ['NamedPipe', 'Tcp'])
  t.test(`spawned instances answer, over ${protocol}, and are kept`, async (t) => {
    const server = await start(t, { protocol, environmentVariables: { A: 'b' } })
    const one = await said(server, 'a=1', { headers: { authorization: 'Basic x', proxy: 'evil' } })
    t.match(one.names, {
      SCRIPT_NAME: '/php/index.php',
      SCRIPT_FILENAME: join(server.folder, 'php/index.php'),
      QUERY_STRING: 'a=1',
      HTTP_AUTHORIZATION: 'Basic x',
    })
    t.notOk('HTTP_PROXY' in one.names)
    const two = await said(server, '', { method: 'POST', body: 'x'.repeat(200_000) })
    t.match(two, { pid: one.pid, connection: 1, requests: 2, body: 200_000 })
    t.match(await said(server, '', { method: 'POST', body: new Blob(['y']).stream(), duplex: 'half' }), {
      body: 1,
      names: { CONTENT_LENGTH: '1' },
    })
    t.equal(await (await fetch(`${server.url}/php/style.css`)).text(), 'body {}')
    t.equal(await server.stop(), 0)
    t.throws(() => process.kill(one.pid, 0))
  })

t.test(
  'an instance that crashes costs its request 502 and is replaced; too many crashes are 503',
  async (t) => {
    const server = await start(t, { rapidFailsPerMinute: 3 })
    const before = await said(server)
    t.equal(await statusOf(server, 'exit'), 502)
    await server.printed(/instance 1 of node ended with exit code 7; it had a request, and will be replaced/)
    const after = await said(server)
    t.not(after.pid, before.pid)
    t.equal(await statusOf(server, 'exit'), 502)
    t.equal(await statusOf(server, 'exit'), 502)
    t.equal(await statusOf(server, ''), 503)
    await server.printed(/3 instances failed within a minute \(rapidFailsPerMinute\); none is started/)
  },
)

t.test('an instance is replaced after its requests, and when its file changes', async (t) => {
  const server = await start(t, { instanceMaxRequests: 2 })
  const pids = [await said(server), await said(server), await said(server)].map(({ pid }) => pid)
  t.equal(pids[0], pids[1])
  t.not(pids[1], pids[2])
})

t.test('one that hangs is ended, and the next request has another', async (t) => {
  const server = await start(t, { activityTimeout: '400ms' })
  t.equal(await statusOf(server, 'hang'), 504)
  await server.printed(/it said nothing for 0.4 s \(activityTimeout\)/)
  t.match(await said(server), { requests: 1 })
})

t.test('standard error is an error or is not, as stderrMode says', async (t) => {
  const strict = await start(t, {})
  const response = await fetch(`${strict.url}/php/?err`)
  t.equal(response.status, 500)
  t.match(await response.text(), /PHP Notice: &lt;b&gt;/)
  await strict.printed(/index\.php printed: PHP Notice/)
  const loose = await start(t, { stderrMode: 'IgnoreAndReturn200' })
  t.equal(await statusOf(loose, 'err'), 200)
  const generic = await start(t, { stderrMode: 'ReturnGeneric500' })
  t.notMatch(await (await fetch(`${generic.url}/php/?err`)).text(), /Notice/)
})

t.test('a client that goes is told to the application, whose instance lives on', async (t) => {
  const server = await start(t, {})
  const { pid } = await said(server)
  const client = await rawClient(server.port)
  client.send(get('/php/?stream'))
  await client.until(/begun/)
  client.socket.destroy()
  t.match(await said(server), { pid })
  for (let i = 0; i < 200; i++) {
    const found = await readFile(join(server.folder, 'php/abort-record'), 'utf8').catch(() => '')
    if (found === 'yes') break
    await delay(20)
  }
  t.equal(await readFile(join(server.folder, 'php/abort-record'), 'utf8'), 'yes')
})

t.test('a server by its address: kept connections, stale ones, garbage, and none at all', async (t) => {
  const server = await start(t, { fullPath: '', arguments: [], address: '127.0.0.1:1', keepConnections: 1 })
  t.equal(await statusOf(server, ''), 502)
  await server.printed(
    /no connection to the FastCGI application at 127\.0\.0\.1:1 \(ECONNREFUSED\); does it run/,
  )
  // A second application server on a Unix socket, spawned by hand.
  const { spawn } = await import('node:child_process')
  const folder = t.testdir({ 'app.cjs': APPLICATION })
  await chmod(join(folder, 'app.cjs'), 0o755)
  const socket = join(folder, 's.sock')
  const child = spawn(join(folder, 'app.cjs'), [socket], { stdio: 'ignore', cwd: folder })
  t.teardown(() => child.kill('SIGKILL'))
  const other = await start(t, {
    fullPath: '',
    arguments: [],
    address: `unix:${socket}`,
    keepConnections: 1,
  })
  for (let i = 0; i < 200 && (await statusOf(other, '')) !== 200; i++) await delay(20)
  const one = await said(other)
  t.equal((await said(other)).connection, one.connection)
  const post = await said(other, '', { method: 'POST', body: 'b' })
  t.not(post.connection, one.connection, 'what is not safe gets a connection of its own')
  for (let i = 0; i < 5; i++) {
    await said(other, 'last')
    t.equal(await statusOf(other, ''), 200)
  }
  t.equal(await statusOf(other, 'close'), 502)
  t.equal(await statusOf(other, 'garbage'), 502)
  await other.printed(/it speaks no FastCGI/)
  t.equal(await statusOf(other, ''), 200)
  t.equal(await statusOf(other, 'err'), 200)
})

t.test('an application without address or program is told so', async (t) => {
  const server = await start(t, { fullPath: '', arguments: [] })
  t.equal(await statusOf(server, ''), 503)
  await server.printed(/needs "address" or "fullPath" in its options, and has neither/)
})
