/** FastCGI over the built server, with Node only: a server by its address, and processes that are spawned. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

/** A FastCGI application on its standard input, or on the address that it is given: what the query says is done. */
const APPLICATION = `
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

/** Without what a test runner has every node load: an instance starts in a tenth of the time. */
const PROGRAM = {
  fullPath: '/usr/bin/env',
  arguments: ['-u', 'NODE_OPTIONS', process.execPath, '../app.cjs'],
}

interface Said {
  readonly pid: number
  readonly connection: number
  readonly requests: number
  readonly body: number
  readonly names: Record<string, string | undefined>
}

const socketFolder = await mkdtemp(join(tmpdir(), 'webgarden-fastcgi-test-'))
const socket = join(socketFolder, 's.sock')

const spawned = (options: object): object => ({ ...PROGRAM, maxInstances: 1, ...options })

/** By the first segment of the path. All are on one server, for the time that one takes to start. */
const APPLICATIONS: Record<string, object> = {
  NamedPipe: spawned({ protocol: 'NamedPipe', environmentVariables: { A: 'b' } }),
  Tcp: spawned({ protocol: 'Tcp', environmentVariables: { A: 'b' } }),
  crash: spawned({ rapidFailsPerMinute: 3 }),
  max: spawned({ instanceMaxRequests: 2 }),
  monitor: spawned({ monitorChangesTo: 'settings.ini' }),
  idle: spawned({ idleTimeout: '300ms' }),
  silent: spawned({ activityTimeout: '1500ms' }),
  endless: spawned({ requestTimeout: '1500ms' }),
  strict: spawned({}),
  loose: spawned({ stderrMode: 'IgnoreAndReturn200' }),
  generic: spawned({ stderrMode: 'ReturnGeneric500' }),
  aborted: spawned({}),
  nobody: { address: '127.0.0.1:1', keepConnections: 1 },
  address: { address: `unix:${socket}`, keepConnections: 1 },
  neither: {},
}

const server = await startServer(
  oneSite(
    Object.entries(APPLICATIONS).map(([name, options]) => ({
      path: `/${name}`,
      type: 'fastcgi',
      physicalPath: './php',
      options,
    })),
  ),
  FILES,
)
t.teardown(async () => {
  await server.stop()
  await rm(socketFolder, { recursive: true, force: true })
})

const said = async (name: string, query = '', init: RequestInit = {}): Promise<Said> =>
  (await (await fetch(`${server.url}/${name}/index.php?${query}`, init)).json()) as Said

const statusOf = async (name: string, query: string): Promise<number> =>
  (await fetch(`${server.url}/${name}/?${query}`)).status

/** Instances that are there until the server ends. */
const lasting: number[] = []

for (const protocol of ['NamedPipe', 'Tcp'])
  t.test(`spawned instances answer, over ${protocol}, and are kept`, async (t) => {
    const one = await said(protocol, 'a=1', { headers: { authorization: 'Basic x', proxy: 'evil' } })
    t.match(one.names, {
      SCRIPT_NAME: `/${protocol}/index.php`,
      SCRIPT_FILENAME: join(server.folder, 'php/index.php'),
      QUERY_STRING: 'a=1',
      HTTP_AUTHORIZATION: 'Basic x',
    })
    t.notOk('HTTP_PROXY' in one.names)
    const two = await said(protocol, '', { method: 'POST', body: 'x'.repeat(200_000) })
    t.match(two, { pid: one.pid, connection: 1, requests: 2, body: 200_000 })
    t.match(await said(protocol, '', { method: 'POST', body: new Blob(['y']).stream(), duplex: 'half' }), {
      body: 1,
      names: { CONTENT_LENGTH: '1' },
    })
    t.equal(await (await fetch(`${server.url}/${protocol}/style.css`)).text(), 'body {}')
    lasting.push(one.pid)
  })

t.test(
  'an instance that crashes costs its request 502 and is replaced; too many crashes are 503',
  async (t) => {
    const before = await said('crash')
    t.equal(await statusOf('crash', 'exit'), 502)
    await server.printed(/instance 1 of env ended with exit code 7; it had a request, and will be replaced/)
    const after = await said('crash')
    t.not(after.pid, before.pid)
    t.equal(await statusOf('crash', 'exit'), 502)
    t.equal(await statusOf('crash', 'exit'), 502)
    t.equal(await statusOf('crash', ''), 503)
    await server.printed(/3 instances failed within a minute \(rapidFailsPerMinute\); none is started/)
  },
)

t.test('an instance is replaced after its requests', async (t) => {
  const pids = [await said('max'), await said('max'), await said('max')].map(({ pid }) => pid)
  t.equal(pids[0], pids[1])
  t.not(pids[1], pids[2])
})

/** Asks for no instance, which would keep one busy. */
const hasEnded = async (pid: number): Promise<boolean> => {
  for (let i = 0; i < 500; i++) {
    try {
      process.kill(pid, 0)
    } catch {
      return true
    }
    await delay(20)
  }
  return false
}

t.test('an instance is ended when the file that is watched changes, and replaced', async (t) => {
  const { pid } = await said('monitor')
  await writeFile(join(server.folder, 'php/settings.ini'), 'changed = 1')
  t.ok(await hasEnded(pid))
  t.match(await said('monitor'), { requests: 1 })
})

t.test('an instance that is idle for its idleTimeout is ended, which is no failure', async (t) => {
  const { pid } = await said('idle')
  t.ok(await hasEnded(pid))
  t.match(await said('idle'), { requests: 1 })
  t.notMatch(server.output(), /\/idle": instance .* will be replaced/)
})

t.test('one that hangs is ended, and the next request has another', async (t) => {
  t.equal(await statusOf('silent', 'hang'), 504)
  await server.printed(/it said nothing for 1.5 s \(activityTimeout\)/)
  t.match(await said('silent'), { requests: 1 })
})

t.test('one that goes on for ever is ended after its requestTimeout', async (t) => {
  const { pid } = await said('endless')
  const client = await rawClient(server.port)
  client.send(get('/endless/?stream'))
  await client.until(/begun/)
  await client.ended()
  await server.printed(/\/endless.*failed after its response had begun: .*1.5 s \(requestTimeout\)/)
  t.ok(await hasEnded(pid))
  t.match(await said('endless'), { requests: 1 })
})

t.test('standard error is an error or is not, as stderrMode says', async (t) => {
  const response = await fetch(`${server.url}/strict/?err`)
  t.equal(response.status, 500)
  t.match(await response.text(), /PHP Notice: &lt;b&gt;/)
  await server.printed(/index\.php printed: PHP Notice/)
  t.equal(await statusOf('loose', 'err'), 200)
  t.notMatch(await (await fetch(`${server.url}/generic/?err`)).text(), /Notice/)
})

t.test('a client that goes is told to the application, whose instance lives on', async (t) => {
  const { pid } = await said('aborted')
  const client = await rawClient(server.port)
  client.send(get('/aborted/?stream'))
  await client.until(/begun/)
  client.socket.destroy()
  t.match(await said('aborted'), { pid })
  for (let i = 0; i < 200; i++) {
    const found = await readFile(join(server.folder, 'php/abort-record'), 'utf8').catch(() => '')
    if (found === 'yes') break
    await delay(20)
  }
  t.equal(await readFile(join(server.folder, 'php/abort-record'), 'utf8'), 'yes')
})

t.test('a server by its address: kept connections, stale ones, garbage, and none at all', async (t) => {
  t.equal(await statusOf('nobody', ''), 502)
  await server.printed(
    /no connection to the FastCGI application at 127\.0\.0\.1:1 \(ECONNREFUSED\); does it run/,
  )
  // A second application server on a Unix socket, spawned by hand.
  const args = ['-u', 'NODE_OPTIONS', process.execPath, join(server.folder, 'app.cjs'), socket]
  const child = spawn(PROGRAM.fullPath, args, {
    stdio: 'ignore',
    cwd: socketFolder,
  })
  t.teardown(() => child.kill('SIGKILL'))
  for (let i = 0; i < 200 && (await statusOf('address', '')) !== 200; i++) await delay(20)
  // A connection is free again a moment after its answer.
  const kept = new Set<number>()
  for (let i = 0; i < 10; i++) kept.add((await said('address')).connection)
  t.ok(kept.size < 10, `connections are kept: ${kept.size} for ten requests`)
  const post = await said('address', '', { method: 'POST', body: 'b' })
  t.notOk(kept.has(post.connection), 'what is not safe gets a connection of its own')
  for (let i = 0; i < 5; i++) {
    await said('address', 'last')
    t.equal(await statusOf('address', ''), 200)
  }
  t.equal(await statusOf('address', 'close'), 502)
  t.equal(await statusOf('address', 'garbage'), 502)
  await server.printed(/it speaks no FastCGI/)
  t.equal(await statusOf('address', ''), 200)
  t.equal(await statusOf('address', 'err'), 200)
})

t.test('an application without address or program is told so', async (t) => {
  t.equal(await statusOf('neither', ''), 503)
  await server.printed(/needs "address" or "fullPath" in its options, and has neither/)
})

t.test('instances end with the server', async (t) => {
  t.equal(await server.stop(), 0)
  for (const pid of lasting) t.throws(() => process.kill(pid, 0))
})
