/** Limits of the server and of single clients, the PROXY protocol, bandwidth, and too many open files. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { get as httpGet } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { errorLine } from '../harness/error-line.js'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { CLI, oneSite, startServer, writeFolder, type TestServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  if (request.url === '/wait') return console.log('waiting')
  if (request.url === '/cached') response.setHeader('Cache-Control', 'max-age=60')
  if (request.url.startsWith('/big')) return response.end(Buffer.alloc(Number(request.url.slice(4))))
  response.end('from ' + request.socket.remoteAddress + ':' + request.socket.remotePort)
}`

const start = async (
  t: Test,
  { limits = {}, binding = {}, ...more }: Record<string, object>,
): Promise<TestServer> => {
  const site = {
    name: 'Test',
    bindings: [{ bindingInformation: '127.0.0.1:0:', ...binding }],
    applications: [{ path: '/', module: './app.mjs' }],
    limits,
  }
  const server = await startServer({ sites: [site], ...more }, { 'app.mjs': APP })
  t.teardown(() => server.stop())
  return server
}

const ask = async (server: TestServer, path: string, forwarded?: string): Promise<Response> =>
  fetch(server.url + path, forwarded === undefined ? {} : { headers: { 'X-Forwarded-For': forwarded } })

t.test('a server with maxConnections', async (t) => {
  const server = await start(t, { webLimits: { maxConnections: 1 } })
  const first = await rawClient(server.port)
  first.send(get('/'))
  await first.until(/from/)
  const second = await rawClient(server.port)
  second.send(get('/x'))
  t.match((await second.ended()).text, /^HTTP\/1\.1 403 [^]*Too many users are connected/)
  t.match(await errorLine(server, /ConnLimit/), / GET \/x 403 - ConnLimit -$/)
  const silent = await rawClient(server.port)
  t.match((await silent.ended()).text, /^HTTP\/1\.1 403 /, 'a silent one is answered too')
  first.send(get('/'))
  await first.until(/from[^]*from/)
  first.socket.destroy()
})

t.test('a client with too many connections', async (t) => {
  const server = await start(t, { webLimits: { maxConnectionsPerClient: 1 } })
  const first = await rawClient(server.port)
  first.send(get('/'))
  await first.until(/from/)
  const second = await rawClient(server.port)
  second.send(get('/'))
  t.match((await second.ended()).text, /^HTTP\/1\.1 429 [^]*Retry-After: 1/)
  first.socket.destroy()
})

t.test('a client with too many requests, cached ones too; those of others pass', async (t) => {
  const denyByRequestRate = { enabled: true, maxRequests: 5, requestIntervalInMilliseconds: 60_000 }
  const server = await start(t, {
    limits: { dynamicIpSecurity: { denyByRequestRate } },
    webLimits: { trustedProxies: ['127.0.0.0/8'] },
  })
  const statuses: number[] = []
  for (let i = 0; i < 7; i++) {
    const response = await ask(server, '/cached', '10.0.0.1')
    statuses.push(response.status)
    await response.text()
    if (response.status === 429) t.equal(response.headers.get('retry-after'), '1')
  }
  t.same(statuses, [200, 200, 200, 200, 200, 429, 429])
  t.equal((await ask(server, '/cached', '10.0.0.2')).status, 200)
  t.equal(
    (await ask(server, '/cached', '10.0.0.9, 10.0.0.1')).status,
    429,
    'what a client claims is not believed',
  )
})

t.test('a client with too many requests under way', async (t) => {
  const denyByConcurrentRequests = { enabled: true, maxConcurrentRequests: 1 }
  const server = await start(t, {
    webLimits: { dynamicIpSecurity: { denyAction: 'Forbidden', denyByConcurrentRequests } },
  })
  const busy = await rawClient(server.port)
  busy.send(get('/wait'))
  await server.printed(/waiting/)
  t.equal((await ask(server, '/')).status, 403)
  busy.socket.destroy()
  while ((await ask(server, '/')).status !== 200) await delay(20)
})

t.test('PROXY headers', async (t) => {
  const server = await start(t, { binding: { proxyProtocol: true } })
  const answer = async (header: string | Buffer): Promise<string> => {
    const client = await rawClient(server.port)
    client.send(Buffer.concat([Buffer.from(header as string, 'latin1'), Buffer.from(get('/'))]))
    const text = await client.until(/from .*:\d+/).catch(async () => (await client.ended()).how)
    client.socket.destroy()
    return text
  }
  t.match(await answer('PROXY TCP4 192.0.2.7 192.0.2.1 5555 80\r\n'), /from 192\.0\.2\.7:5555/)
  t.match(await answer('PROXY TCP6 2001:db8::7 2001:db8::1 5555 80\r\n'), /from 2001:db8::7:5555/)
  t.match(await answer('PROXY UNKNOWN\r\n'), /from 127\.0\.0\.1:/)
  const signature = '\r\n\r\n\0\r\nQUIT\n'
  t.match(
    await answer(`${signature}\x21\x11\0\x0c\xc0\0\x02\x07\xc0\0\x02\x01\x15\xb3\0\x50`),
    /from 192\.0\.2\.7:5555/,
  )
  t.match(await answer(`${signature}\x20\0\0\0`), /from 127\.0\.0\.1:/)
  for (const bad of ['', 'PROXY TCP4 nonsense\r\n', `${signature}\x31\x11\0\0`]) {
    t.notMatch(await answer(bad), /from/)
  }
  t.match(await errorLine(server, /BadRequest/), / - - - - - BadRequest -$/)
  const split = await rawClient(server.port)
  for (const part of ['PRO', 'XY TCP4 192.0.2.7 192.0.2.1 5555', ' 80\r\nGET / HT']) {
    split.send(part)
    await delay(20)
  }
  split.send('TP/1.1\r\nHost: x\r\n\r\n')
  t.match(await split.until(/from .*:\d+/), /192\.0\.2\.7:5555/)
  split.send(get('/'))
  await split.until(/from[^]*from/)
  split.socket.destroy()
})

/** Milliseconds from the first byte to the last, and how many bytes there were. */
const download = (url: string): Promise<{ took: number; bytes: number }> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    httpGet(url, { agent: false }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.length))
      response.on('end', () => {
        resolve({ took: performance.now() - began, bytes })
      })
      response.on('error', reject)
    }).on('error', reject)
  })

t.test('a site with maxBandwidth shares it fairly among its connections', async (t) => {
  const server = await start(t, { limits: { maxBandwidth: 1_000_000 } })
  await (await ask(server, '/')).text()
  const all = await Promise.all(Array.from({ length: 4 }, () => download(`${server.url}/big750000`)))
  for (const { took, bytes } of all) {
    t.equal(bytes, 750_000)
    t.ok(took > 2700 && took < 3600, `3 MB at 1 MB/s took ${Math.round(took)} ms`)
  }
})

t.test('maxGlobalBandwidth is shared by sites that have none of their own', async (t) => {
  const site = (name: string, limits: object) => ({
    name,
    bindings: [{ bindingInformation: '127.0.0.1:0:' }],
    applications: [{ path: '/', module: './app.mjs' }],
    limits,
  })
  const sites = [site('A', {}), site('B', {}), site('C', { maxBandwidth: 100_000_000 })]
  const webLimits = { maxGlobalBandwidth: 500_000 }
  const server = await startServer({ sites, webLimits }, { 'app.mjs': APP })
  t.teardown(() => server.stop())
  await (await ask(server, '/')).text()
  const [a, b, c] = await Promise.all(
    server.ports.map((port) => download(`http://127.0.0.1:${port}/big500000`)),
  )
  for (const one of [a, b]) t.ok(one && one.took > 1750 && one.took < 2600, `took ${one?.took}`)
  t.ok(c && c.took < 1000, 'a site with its own is exempt')
})

t.test('too many open files', async (t) => {
  const folder = await writeFolder(oneSite([{ path: '/', module: './app.mjs' }]), { 'app.mjs': APP })
  const args = ['-c', 'ulimit -n 150 && exec "$0" "$@"', process.execPath, CLI, 'start', '--config']
  const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' }
  const child = spawn('sh', [...args, join(folder, 'applicationHost.json')], { cwd: folder, env })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  t.teardown(async () => {
    child.kill('SIGTERM')
    await once(child, 'close')
    await rm(folder, { recursive: true, force: true })
  })
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(output)) {
      if (child.exitCode !== null) throw new Error(output)
      await delay(20)
    }
  }
  await until(/^ready$/m)
  const port = Number(/^listening on .*:(\d+)$/m.exec(output)?.[1])
  const first = await rawClient(port)
  first.send(get('/'))
  await first.until(/from/)
  const clients: RawClient[] = []
  for (let i = 0; i < 200; i++) clients.push(await rawClient(port))
  await until(/Too many open files/)
  first.send(get('/'))
  await first.until(/from[^]*from/)
  t.pass('who is connected notices nothing')
  for (const { socket } of clients) socket.destroy()
  for (;;) {
    const next = await rawClient(port)
    next.send(get('/'))
    const answered = await next.until(/from/).catch(() => null)
    next.socket.destroy()
    if (answered !== null) break
  }
  await until(/Connections are accepted again/)
  t.match(await errorLine({ folder }, /Connections_Refused/), / - - - - - Connections_Refused -$/)
  first.socket.destroy()
})
