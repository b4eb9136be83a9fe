/** CGI over the built server: scripts of Node, with everything that can go wrong with them. */
import { readFileSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

/** Without what a test runner has every node load, which takes longer than the script, and knows no file of this ending. */
const NODE = `#!/usr/bin/env -S -u NODE_OPTIONS ${process.execPath}\n`
const SCRIPTS: Record<string, string> = {
  'cgi/env.cgi': `${NODE}process.stdout.write('Content-Type: application/json\\n\\n')
    let body = ''
    process.stdin.on('data', (d) => { body += d })
    process.stdin.on('end', () => process.stdout.write(JSON.stringify({ env: process.env, body: body.length > 100 ? body.length : body, cwd: process.cwd() })))`,
  'cgi/head.cgi': `${NODE}process.stdout.write('Status: 418 Teapot\\r\\nSet-Cookie: a=1\\r\\nSet-Cookie: b=2\\r\\nConnection: close\\r\\nContent-Type: text/plain\\r\\n\\r\\nshort and stout')`,
  'cgi/go.cgi': `${NODE}const q = process.env.QUERY_STRING
    process.stdout.write('Location: ' + decodeURIComponent(q) + '\\n\\n')`,
  'cgi/bad.cgi': `${NODE}console.log('<html>no header')`,
  'cgi/none.cgi': `${NODE}console.error('out of words'); process.exit(3)`,
  // A shell, which starts at once.
  'cgi/slow.cgi': `#!/bin/sh
sleep 1000 &
echo $$ $! > pids
printf 'Content-Type: text/plain\\n\\nbegun'
wait
`,
  'cgi/plain.cgi': `not executable`,
  'cgi/by.js': `process.stdout.write('Content-Type: text/plain\\n\\nby ' + process.argv.length)`,
  'cgi/flood.cgi': `${NODE}process.stdout.write('Content-Type: text/plain\\n\\n'); process.stdout.write('x'.repeat(8_000_000))`,
  'cgi/file.txt': 'a file',
}

const EXTENSIONS = { extensions: ['.cgi', '.js'], interpreters: { '.js': process.execPath } }
const application = (path: string, options: object, more: object = {}): Record<string, unknown> => ({
  path,
  type: 'cgi',
  physicalPath: './cgi',
  options: { ...EXTENSIONS, ...options },
  ...more,
})

const start = async (
  t: Test,
  applications: Record<string, unknown>[],
  more: Record<string, unknown> = {},
): Promise<TestServer> => {
  const server = await startServer(oneSite(applications, more), {
    ...SCRIPTS,
    'end.mjs': 'export default (request, response) => process.exit(1)',
  })
  for (const name of Object.keys(SCRIPTS))
    if (name.endsWith('.cgi') && !name.includes('plain')) await chmod(join(server.folder, name), 0o755)
  t.teardown(() => server.stop())
  return server
}

/** One server for all that do not end it. */
const server = await start(t, [
  application('/own', {}, { environment: { OWN: 'yes' } }),
  application('/cgi', { maxSpooledBody: 10, allowAuthorization: true }),
  application('/files', { static: true }),
  application('/limited', { timeout: '2s', maxProcesses: 1, queueLength: 1 }),
])

interface Said {
  readonly env: Record<string, string | undefined>
  readonly body: string | number
  readonly cwd: string
}

/** One that nobody has collected has ended too. */
const isAlive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const dead = async (pids: readonly number[]): Promise<boolean> => {
  for (let i = 0; i < 500 && pids.some(isAlive); i++) await delay(20)
  return !pids.some(isAlive)
}

const pidsOf = async (server: TestServer): Promise<number[]> =>
  (await readFile(join(server.folder, 'cgi/pids'), 'utf8')).split(' ').map(Number)

t.test('a script gets its variables and its body, and nothing of the server', async (t) => {
  const ask = async (path: string, init: RequestInit = {}): Promise<Said> =>
    (await (await fetch(server.url + path, init)).json()) as Said
  const { env, body, cwd } = await ask('/own/env.cgi/more/path%20x?a=1&b=%20', {
    method: 'POST',
    body: 'hello',
    headers: {
      Proxy: 'http://evil',
      Authorization: 'Basic x',
      'X-Own': 'z',
      X_Own: 'spoof',
      'content-type': 'text/x',
    },
  })
  t.equal(body, 'hello')
  t.match(env, {
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'POST',
    SCRIPT_NAME: '/own/env.cgi',
    PATH_INFO: '/more/path x',
    PATH_TRANSLATED: join(cwd, 'more/path x'),
    QUERY_STRING: 'a=1&b=%20',
    REQUEST_URI: '/own/env.cgi/more/path%20x?a=1&b=%20',
    SCRIPT_FILENAME: join(cwd, 'env.cgi'),
    DOCUMENT_ROOT: cwd,
    CONTENT_LENGTH: '5',
    CONTENT_TYPE: 'text/x',
    SERVER_NAME: '127.0.0.1',
    SERVER_PORT: String(server.port),
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '127.0.0.1',
    REDIRECT_STATUS: '200',
    HTTP_X_OWN: 'z',
    OWN: 'yes',
  })
  for (const name of ['HTTP_PROXY', 'HTTP_AUTHORIZATION', 'HTTPS', 'HOME', 'HTTP_CONTENT_TYPE'])
    t.notOk(name in env, name)
  t.equal((await ask('/own/env.cgi')).env.PATH_INFO, undefined)
  const stream = (length: number): RequestInit => ({
    method: 'PUT',
    body: new Blob(['y'.repeat(length)]).stream(),
    duplex: 'half',
  })
  const small = await ask('/own/env.cgi', stream(3))
  t.match(small, { body: 'yyy', env: { CONTENT_LENGTH: '3' } })
  const large = await ask('/own/env.cgi', stream(300_000))
  t.match(large, { body: 300_000, env: { CONTENT_LENGTH: '300000' } })
})

t.test('its answer is what it says: status, fields, redirects of both kinds', async (t) => {
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}/cgi${path}`, { redirect: 'manual', ...init })
  const teapot = await ask('/head.cgi')
  t.equal(teapot.status, 418)
  t.equal(teapot.statusText, 'Teapot')
  t.same(teapot.headers.getSetCookie(), ['a=1', 'b=2'])
  t.equal(await teapot.text(), 'short and stout')
  const head = await ask('/head.cgi', { method: 'HEAD' })
  t.equal(head.status, 418)
  t.equal(await head.text(), '')
  const away = await ask('/go.cgi?https://example.org/x')
  t.equal(away.status, 302)
  t.equal(away.headers.get('location'), 'https://example.org/x')
  const local = (await (
    await ask('/go.cgi?/cgi/env.cgi/p%3Fq=1', {
      method: 'POST',
      body: 'b',
      headers: { authorization: 'Basic x' },
    })
  ).json()) as Said
  t.match(local, {
    body: '',
    env: {
      REQUEST_METHOD: 'GET',
      PATH_INFO: '/p',
      QUERY_STRING: 'q=1',
      REDIRECT_URL: '/cgi/go.cgi',
      HTTP_AUTHORIZATION: 'Basic x',
    },
  })
  t.equal((await ask('/go.cgi?/other')).headers.get('location'), '/other')
  t.equal((await ask('/go.cgi?//evil.example')).status, 302)
  t.equal((await ask(`/go.cgi?${encodeURIComponent('/cgi/go.cgi?/cgi/nothing')}`)).status, 404)
  t.equal(await (await ask('/by.js')).text(), 'by 2')
  t.equal((await ask('/file.txt')).status, 404)
  const long = await ask('/env.cgi', {
    method: 'POST',
    body: new Blob(['z'.repeat(11)]).stream(),
    duplex: 'half',
  })
  t.equal(long.status, 413)
  t.equal((await (await ask('/flood.cgi')).text()).length, 8_000_000)
})

t.test('scripts that fail cost their request a clear error', async (t) => {
  const status = async (path: string): Promise<number> => (await fetch(`${server.url}/files${path}`)).status
  t.equal(await status('/bad.cgi'), 502)
  await server.printed(/\/bad\.cgi was answered with 502: its response is malformed.*<html>no header/)
  t.equal(await status('/none.cgi'), 502)
  await server.printed(/none\.cgi printed: out of words/)
  await server.printed(/it ended with exit code 3/)
  t.equal(await status('/plain.cgi'), 500)
  await server.printed(/plain\.cgi is not executable; make it so \(chmod \+x\)/)
  await writeFile(join(server.folder, 'cgi/shebang.cgi'), '#!/no/such/program\n')
  await chmod(join(server.folder, 'cgi/shebang.cgi'), 0o755)
  t.equal(await status('/shebang.cgi'), 502)
  await server.printed(/could not be started: ENOENT/)
  t.equal(await status('/file.txt'), 200)
  t.equal(await status('/head.cgi'), 418)
})

t.test('a script ends with its client, and with its time', async (t) => {
  const client = await rawClient(server.port)
  client.send(get('/limited/slow.cgi'))
  await client.until(/begun/)
  const first = await pidsOf(server)
  // One of them waits for the place, the other finds the queue full.
  // With URLs of their own: for the same one the second would wait for what the first gets.
  const status = async (query: string): Promise<number> =>
    (await fetch(`${server.url}/limited/head.cgi?${query}`)).status
  const both = [status('one'), status('other')]
  t.equal(await Promise.race(both), 503)
  client.socket.destroy()
  t.ok(await dead(first), 'the client has gone')
  t.same((await Promise.all(both)).sort(), [418, 503], 'its place is free again')
  const late = await rawClient(server.port)
  late.send(get('/limited/slow.cgi'))
  await late.until(/begun/)
  const second = await pidsOf(server)
  await late.ended()
  t.ok(await dead(second), 'its time is over')
  await server.printed(/slow\.cgi failed after its response had begun: it took longer than 2 s/)
})

t.test('a server that is killed leaves no script behind', async (t) => {
  const server = await start(t, [application('/cgi', {})])
  const client = await rawClient(server.port)
  client.send(get('/cgi/slow.cgi'))
  await client.until(/begun/)
  const pids = await pidsOf(server)
  server.process.kill('SIGKILL')
  t.ok(await dead(pids))
})

t.test('a worker thread that ends suddenly takes its scripts along', async (t) => {
  const server = await start(
    t,
    [
      application('/cgi', {}, { applicationPool: 'P' }),
      { path: '/end', module: './end.mjs', applicationPool: 'P' },
    ],
    { applicationPools: [{ name: 'P' }] },
  )
  const client = await rawClient(server.port)
  client.send(get('/cgi/slow.cgi'))
  await client.until(/begun/)
  const pids = await pidsOf(server)
  await fetch(`${server.url}/end`).catch(() => undefined)
  t.ok(await dead(pids))
})
