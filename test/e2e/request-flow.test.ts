/** A request's way through the built server, over a real socket: demand start, bodies, aborts, trailers, the queue's limit. */
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import t from 'tap'
import { freePort } from '../harness/free-port.js'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

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

t.test(
  'no thread exists before the first request; the first one waits for the start and is answered',
  async (t) => {
    const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), {
      'app.mjs': `export default (request, response) => response.end('started')`,
    })
    t.teardown(() => server.stop())
    const threads = async (): Promise<number> => {
      const status = await readFile(`/proc/${server.process.pid ?? 0}/status`, 'utf8')
      return Number(/^Threads:\s+(\d+)/m.exec(status)?.[1])
    }
    const before = await threads()
    t.notMatch(server.output(), /Worker 1/)
    t.equal(await text(server.url), 'started')
    t.ok((await threads()) > before)
    t.match(server.output(), /Worker 1 of pool "DefaultAppPool" is ready/)
  },
)

t.test('10 MB go up and come down unchanged', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), { 'app.mjs': ECHO })
  t.teardown(() => server.stop())
  const body = randomBytes(10 * 1_048_576)
  const echoed = await (await fetch(server.url, { method: 'POST', body })).arrayBuffer()
  const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  t.equal(sum(new Uint8Array(echoed)), sum(body))
})

t.test('a client that reads slowly is not buffered for without bound', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), { 'app.mjs': ECHO })
  t.teardown(() => server.stop())
  const client = await rawClient(server.port)
  client.socket.pause()
  client.send(get('/endless'))
  // Other requests of the same worker pass all the while, and the endless one has long filled all buffers by then.
  for (let i = 0; i < 200; i++) t.equal(await text(`${server.url}/aborted`), '0')
  const status = await readFile(`/proc/${server.process.pid ?? 0}/status`, 'utf8')
  t.ok(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) < 250_000, 'memory stays in bounds')
  client.socket.destroy()
  await server.printed(/RESPONSE CUT/)
})

t.test('a client that goes away while uploading is told to the application', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), { 'app.mjs': ECHO })
  t.teardown(() => server.stop())
  const client = await rawClient(server.port)
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf')
  await client.until(/half/)
  client.socket.destroy()
  await server.printed(/RESPONSE CUT/)
  t.equal(await text(`${server.url}/aborted`), '1')
})

t.test('a client that goes away while it waits is told to the application, and logged', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), { 'app.mjs': ECHO })
  const client = await rawClient(server.port)
  client.send(get('/never'))
  await server.printed(/NEVER BEGUN/)
  client.socket.destroy()
  await server.printed(/RESPONSE CUT/)
  t.equal(await text(`${server.url}/aborted`), '1')
  await server.stop()
})

t.test('Expect: 100-continue, trailers both ways, early hints', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), { 'app.mjs': ECHO })
  t.teardown(() => server.stop())
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
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), {
    'app.mjs': `export default (request, response) => setTimeout(() => response.end(request.url), request.url === '/1' ? 30 : 0)`,
  })
  t.teardown(() => server.stop())
  const client = await rawClient(server.port)
  client.send(get('/1') + get('/2') + get('/3'))
  const all = await client.until(/\/3$/)
  t.same(
    [...all.matchAll(/\r\n\r\n(\/\d)/g)].map((match) => match[1]),
    ['/1', '/2', '/3'],
  )
  client.socket.destroy()
})

t.test('Ctrl-C lets a request under way finish, then ends with 0', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), {
    'app.mjs': `export default (request, response) => { console.log('BEGUN'); setTimeout(() => response.end('whole'), 300) }`,
  })
  const answer = text(server.url)
  await server.printed(/BEGUN/)
  const stopped = server.stop()
  t.equal(await answer, 'whole')
  t.equal(await stopped, 0)
})

t.test('a web garden serves the connections in turn, and a connection keeps its worker', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', applicationPool: 'P', module: './app.mjs' }], {
      applicationPools: [{ name: 'P', processModel: { maxProcesses: 2 } }],
    }),
    {
      'app.mjs': `import { threadId } from 'node:worker_threads'\nexport default (request, response) => response.end('<' + threadId + '>')`,
    },
  )
  t.teardown(() => server.stop())
  const ask = async (count: number): Promise<string[]> => {
    const client = await rawClient(server.port)
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
  await server.printed(/Worker 2/)
  const connections = []
  for (let i = 0; i < 4; i++) connections.push(await ask(3))
  for (const seen of connections) t.equal(new Set(seen).size, 1, 'one worker for one connection')
  const order = connections.map(([first]) => first)
  t.not(order[0], order[1])
  t.same(order.slice(2), order.slice(0, 2))
})

t.test('several pools have queues, workers and environments of their own', async (t) => {
  const app = `export default (request, response) => response.end(process.env.WHO + ' ' + process.env.NODE_ENV)`
  const server = await startServer(
    {
      applicationPools: [
        { name: 'Staging', environmentVariables: { NODE_ENV: 'staging' } },
        { name: 'Production', environmentVariables: { NODE_ENV: 'production' } },
      ],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [
            { path: '/', applicationPool: 'Production', module: './app.mjs', environment: { WHO: 'root' } },
            {
              path: '/staging',
              applicationPool: 'Staging',
              module: './app.mjs',
              environment: { WHO: 'staged' },
            },
          ],
        },
      ],
    },
    { 'app.mjs': app },
  )
  t.teardown(() => server.stop())
  t.equal(await text(`${server.url}/`), 'root production')
  t.equal(await text(`${server.url}/staging/x`), 'staged staging')
})

t.test('sites share a port by their host; another host is refused', async (t) => {
  const site = (name: string, host: string, port: number): object => ({
    name,
    bindings: [{ protocol: 'http', bindingInformation: `127.0.0.1:${port}:${host}` }],
    applications: [{ path: '/', module: './app.mjs', applicationPool: name }],
  })
  const port = await freePort()
  const server = await startServer(
    {
      applicationPools: [{ name: 'A' }, { name: 'B' }],
      sites: [site('A', 'a.test', port), site('B', 'b.test', port)],
    },
    {
      'app.mjs': `export default (request, response) => response.end(request.serverVariables.INSTANCE_NAME)`,
    },
  )
  t.teardown(() => server.stop())
  const ask = (host: string): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', headers: { host } }, (response) => {
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
