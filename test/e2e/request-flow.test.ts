/** A request's way through the built server, over a real socket: demand start, bodies, aborts, trailers, the queue's limit. */
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import t from 'tap'
import { freePort } from '../harness/free-port.js'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer } from '../harness/server.js'

const text = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text()

const ECHO = `
import { createServer } from 'node:http'
let aborted = 0
const server = createServer((request, response) => {
  if (request.url === '/aborted') return response.end(String(aborted))
  request.on('aborted', () => aborted++)
  response.on('close', () => { if (!response.writableFinished) console.log('RESPONSE CUT') })
  if (request.url === '/never') return console.log('NEVER BEGUN')
  if (request.url === '/endless') {
    const more = () => { while (response.write(Buffer.alloc(65536))); }
    response.on('drain', more)
    return more()
  }
  if (request.url === '/trailers') {
    request.resume()
    return request.on('end', () => {
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write(JSON.stringify(request.trailers))
      response.addTrailers({ 'X-Sum': 'abc' })
      response.end()
    })
  }
  if (request.url === '/hints') {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    return response.end('hinted')
  }
  request.pipe(response)
}).listen(process.env.PORT)
`

const FILES = {
  'echo.mjs': ECHO,
  'turns.mjs': `export default (request, response) => setTimeout(() => response.end(request.url), request.url === '/1' ? 30 : 0)`,
  'slow.mjs': `export default (request, response) => { console.log('SLOW BEGUN'); setTimeout(() => response.end('whole'), 300) }`,
  'thread.mjs': `import { threadId } from 'node:worker_threads'\nexport default (request, response) => response.end('<' + threadId + '>')`,
  'environment.mjs': `export default (request, response) => response.end(process.env.WHO + ' ' + process.env.NODE_ENV)`,
  'site.mjs': `export default (request, response) => response.end(request.serverVariables.INSTANCE_NAME)`,
}

interface Application {
  readonly path: string
  readonly applicationPool: string
  readonly module: string
  readonly environment?: object
}

const site = (name: string, applications: readonly Application[], port = 0, host = ''): object => ({
  name,
  bindings: [{ protocol: 'http', bindingInformation: `127.0.0.1:${port}:${host}` }],
  applications,
})

const shared = await freePort()
/** One server for all; the last test ends it. */
const server = await startServer(
  {
    applicationPools: [
      { name: 'Echo' },
      { name: 'Garden', processModel: { maxProcesses: 2 } },
      { name: 'Staging', environmentVariables: { NODE_ENV: 'staging' } },
      { name: 'Production', environmentVariables: { NODE_ENV: 'production' } },
      { name: 'A' },
      { name: 'B' },
    ],
    sites: [
      site('Echo', [
        { path: '/', applicationPool: 'Echo', module: './echo.mjs' },
        { path: '/turns', applicationPool: 'A', module: './turns.mjs' },
        { path: '/slow', applicationPool: 'A', module: './slow.mjs' },
      ]),
      site('Garden', [{ path: '/', applicationPool: 'Garden', module: './thread.mjs' }]),
      site('Both', [
        {
          path: '/',
          applicationPool: 'Production',
          module: './environment.mjs',
          environment: { WHO: 'root' },
        },
        {
          path: '/staging',
          applicationPool: 'Staging',
          module: './environment.mjs',
          environment: { WHO: 'staged' },
        },
      ]),
      site('A', [{ path: '/', applicationPool: 'A', module: './site.mjs' }], shared, 'a.test'),
      site('B', [{ path: '/', applicationPool: 'B', module: './site.mjs' }], shared, 'b.test'),
    ],
  },
  FILES,
)
t.teardown(() => server.stop())
const [, garden = 0, both = 0] = server.ports

/** How many requests the echo has seen cut. */
const aborted = async (): Promise<number> => Number(await text(`${server.url}/aborted`))

let cuts = 0
/** Resolves when one more response has been cut. */
const nextCut = async (): Promise<void> => {
  await server.printed(/RESPONSE CUT/, ++cuts)
}

t.test(
  'no thread exists before the first request; the first one waits for the start and is answered',
  async (t) => {
    const threads = async (): Promise<number> => {
      const status = await readFile(`/proc/${server.process.pid ?? 0}/status`, 'utf8')
      return Number(/^Threads:\s+(\d+)/m.exec(status)?.[1])
    }
    const before = await threads()
    t.notMatch(server.output(), /Worker 1/)
    t.equal(await text(server.url, { method: 'POST', body: 'started' }), 'started')
    t.ok((await threads()) > before)
    await server.printed(/Worker 1 of pool "Echo" is ready/)
  },
)

t.test('10 MB go up and come down unchanged', async (t) => {
  const body = randomBytes(10 * 1_048_576)
  const echoed = await (await fetch(server.url, { method: 'POST', body })).arrayBuffer()
  const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  t.equal(sum(new Uint8Array(echoed)), sum(body))
})

t.test('a client that reads slowly is not buffered for without bound', async (t) => {
  const client = await rawClient(server.port)
  client.socket.pause()
  client.send(get('/endless'))
  // Other requests of the same worker pass all the while, and the endless one has long filled all buffers by then.
  for (let i = 0; i < 200; i++) t.equal(await aborted(), 0)
  const status = await readFile(`/proc/${server.process.pid ?? 0}/status`, 'utf8')
  t.ok(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) < 250_000, 'memory stays in bounds')
  client.socket.destroy()
  await nextCut()
})

t.test('a client that goes away while uploading is told to the application', async (t) => {
  const before = await aborted()
  const client = await rawClient(server.port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf')
  await client.until(/half/)
  client.socket.destroy()
  await nextCut()
  t.equal(await aborted(), before + 1)
})

t.test('a client that goes away while it waits is told to the application, and logged', async (t) => {
  const before = await aborted()
  const client = await rawClient(server.port)
  client.send(get('/never'))
  await server.printed(/NEVER BEGUN/)
  client.socket.destroy()
  await nextCut()
  t.equal(await aborted(), before + 1)
})

t.test('Expect: 100-continue, trailers both ways, early hints', async () => {
  const client = await rawClient(server.port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n')
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.send('body')
  await client.until(/HTTP\/1\.1 200 OK[\s\S]*body/)
  client.send(
    'POST /trailers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-In: 7\r\n\r\n',
  )
  await client.until(/\{"x-in":"7"\}\r\n0\r\nX-Sum: abc\r\n\r\n$/)
  client.send(get('/hints'))
  await client.until(
    /HTTP\/1\.1 103 Early Hints\r\nLink: <\/style.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*hinted/,
  )
  client.socket.destroy()
})

t.test('pipelined requests are answered in order', async (t) => {
  const client = await rawClient(server.port)
  client.send(get('/turns/1') + get('/turns/2') + get('/turns/3'))
  const all = await client.until(/\/3$/)
  t.same(
    [...all.matchAll(/\r\n\r\n(\/\d)/g)].map((match) => match[1]),
    ['/1', '/2', '/3'],
  )
  client.socket.destroy()
})

t.test('a web garden serves the connections in turn, and a connection keeps its worker', async (t) => {
  const ask = async (count: number): Promise<string[]> => {
    const client = await rawClient(garden)
    const seen: string[] = []
    for (let i = 1; i <= count; i++) {
      client.send(get('/'))
      const all = await client.until(new RegExp(`(<\\d+>[\\s\\S]*){${i}}$`))
      seen.push([...all.matchAll(/<(\d+)>/g)].at(-1)?.[1] ?? '')
    }
    client.socket.destroy()
    return seen
  }
  await ask(1)
  await ask(1)
  await server.printed(/pool "Garden" is ready/, 2)
  const connections = []
  for (let i = 0; i < 4; i++) connections.push(await ask(3))
  for (const seen of connections) t.equal(new Set(seen).size, 1, 'one worker for one connection')
  const order = connections.map(([first]) => first)
  t.not(order[0], order[1])
  t.same(order.slice(2), order.slice(0, 2))
})

t.test('several pools have queues, workers and environments of their own', async (t) => {
  t.equal(await text(`http://127.0.0.1:${both}/`), 'root production')
  t.equal(await text(`http://127.0.0.1:${both}/staging/x`), 'staged staging')
})

t.test('sites share a port by their host; another host is refused', async (t) => {
  const ask = (host: string): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      request({ port: shared, host: '127.0.0.1', headers: { host } }, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body })
        })
      })
        .on('error', reject)
        .end()
    })
  t.same(await ask('a.test'), { status: 200, body: 'A' })
  t.same(await ask('B.TEST'), { status: 200, body: 'B' })
  t.equal((await ask('c.test')).status, 400)
})

t.test('Ctrl-C lets a request under way finish, then ends with 0', async (t) => {
  const answer = text(`${server.url}/slow`)
  await server.printed(/SLOW BEGUN/)
  const stopped = server.stop()
  t.equal(await answer, 'whole')
  t.equal(await stopped, 0)
})
