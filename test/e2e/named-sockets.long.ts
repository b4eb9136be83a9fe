/** Bindings that are no ports: Unix sockets, and sockets that systemd hands over. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { link, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { begin, webgarden } from '../harness/command.js'
import { readLog } from '../harness/read-log.js'
import { CLI, startServer, writeFolder } from '../harness/server.js'

const APP = `
export default (request, response) => {
  const { INSTANCE_NAME, SERVER_PORT, LOCAL_ADDR } = request.serverVariables
  response.end(JSON.stringify({ site: INSTANCE_NAME, port: SERVER_PORT, address: LOCAL_ADDR, env: process.env.LISTEN_FDS ?? '' }))
}`

const folderFor = async (test: Test): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'wg-'))
  test.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const ask = (
  where: { socketPath: string } | { port: number },
  host = 'a.test',
): Promise<Record<string, string>> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', ...where, path: '/', headers: { host }, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        resolve(
          text.startsWith('{')
            ? (JSON.parse(text) as Record<string, string>)
            : { status: String(response.statusCode) },
        )
      })
    })
      .on('error', reject)
      .end()
  })

const sites = (...bindings: readonly (readonly [string, object])[]): object => ({
  sites: bindings.map(([name, binding]) => ({
    name,
    bindings: [binding],
    applications: [{ path: '/', module: './app.mjs' }],
  })),
})

t.test(
  'sites share a Unix socket by their hosts; it has its permissions, and goes with the server',
  async (t) => {
    const folder = await folderFor(t)
    const path = join(folder, 'Site.sock')
    const server = await startServer(
      sites(
        ['A', { bindingInformation: `unix:${path}:a.test`, socketMode: '0600' }],
        ['B', { bindingInformation: `unix:${path}:*.b.test`, socketMode: '0600' }],
      ),
      { 'app.mjs': APP },
    )
    t.teardown(() => server.stop())
    t.match(server.output(), `listening on http://unix:${path}:`)
    t.match(await ask({ socketPath: path }), { site: 'A', address: `unix:${path}`, port: '0' })
    t.match(await ask({ socketPath: path }, 'x.b.test'), { site: 'B' })
    t.match(await ask({ socketPath: path }, 'c.test'), { status: '400' })
    t.equal((await stat(path)).mode & 0o777, 0o600)
    await readLog(server, 'logs/HTTPERR/httperr1.log', / GET \/ 400 - Hostname/)
    await server.stop()
    t.notOk(existsSync(path))
  },
)

t.test(
  'what a server that was killed has left behind is no obstacle; a server that runs is, and so is a file',
  async (t) => {
    const folder = await folderFor(t)
    const path = join(folder, 's.sock')
    const config = sites(['A', { bindingInformation: `unix:${path}:` }])
    const first = await startServer(config, { 'app.mjs': APP })
    const other = await writeFolder(config, { 'app.mjs': APP })
    t.teardown(() => rm(other, { recursive: true, force: true }))
    const refused = await webgarden(other, 'check')
    t.equal(refused.code, 2)
    t.match(refused.stderr, /bindings\/0: .*s\.sock is in use by another program/)
    first.process.kill('SIGKILL')
    await once(first.process, 'close')
    t.ok(existsSync(path))
    t.equal((await webgarden(other, 'check')).code, 0)
    const second = await startServer(config, { 'app.mjs': APP })
    t.match(await ask({ socketPath: path }), { site: 'A' })
    await second.stop()
    await first.stop()
    await writeFile(path, 'not a socket')
    await t.rejects(startServer(config, { 'app.mjs': APP }), {
      message: /s\.sock is in use by another program, or is no socket/,
    })
    t.ok(existsSync(path), 'the file is left alone')
  },
)

/** Starts the server as systemd does: with listening sockets from descriptor 3 on. */
const startHandedOver = async (
  test: Test,
  config: object,
  sockets: readonly Server[],
  names: string,
): Promise<{ child: ChildProcess; output: () => string; ready: Promise<void> }> => {
  const folder = await writeFolder(config, { 'app.mjs': APP })
  const args = [process.execPath, CLI, 'start', '--config', join(folder, 'applicationHost.json')]
  const handles = sockets.map((socket) => (socket as unknown as { _handle: object })._handle)
  const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec env -u NODE_OPTIONS "$0" "$@"', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', ...handles] as never,
    env: { ...process.env, NO_COLOR: '1', LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: names },
  })
  for (const socket of sockets) socket.close()
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    const heard = (chunk: Buffer): void => {
      output += chunk.toString()
      if (/^ready$/m.test(output)) resolve()
    }
    child.stdout.on('data', heard)
    child.stderr.on('data', heard)
    child.once('close', () => {
      reject(new Error(output))
    })
  })
  ready.catch(() => undefined)
  test.teardown(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    await rm(folder, { recursive: true, force: true })
  })
  return { child, output: () => output, ready }
}

const listening = async (where: { port: number; host: string } | { path: string }): Promise<Server> => {
  const server = createServer().listen(where)
  await once(server, 'listening')
  return server
}

t.test('sockets that systemd hands over are served by their names', async (t) => {
  const folder = await folderFor(t)
  const path = join(folder, 'handed.sock')
  const web = await listening({ port: 0, host: '127.0.0.1' })
  // Its own name goes with the socket that is closed here; this one stays, as systemd's does.
  const local = await listening({ path: `${path}.made` })
  await link(`${path}.made`, path)
  const { port } = web.address() as AddressInfo
  const server = await startHandedOver(
    t,
    sites(
      ['Web', { bindingInformation: 'systemd:web:' }],
      ['Local', { bindingInformation: 'systemd:local.socket:' }],
    ),
    [web, local],
    'web:local.socket',
  )
  await server.ready
  t.match(await ask({ port }), { site: 'Web', port: String(port), address: '127.0.0.1', env: '' })
  t.match(await ask({ socketPath: path }), { site: 'Local', address: 'systemd:local.socket' })
})

t.test('a socket that was not handed over ends the start, and says what was', async (t) => {
  const web = await listening({ port: 0, host: '127.0.0.1' })
  const server = await startHandedOver(
    t,
    sites(['Web', { bindingInformation: 'systemd:wbe:' }]),
    [web],
    'web',
  )
  await t.rejects(server.ready, { message: /there is no socket "wbe": systemd has handed over web/ })
  const none = await writeFolder(sites(['Web', { bindingInformation: 'systemd:web:' }]), { 'app.mjs': APP })
  t.teardown(() => rm(none, { recursive: true, force: true }))
  // Those of another process are not ours.
  const { code, stderr } = await begin(none, ['start'], {
    LISTEN_FDS: '1',
    LISTEN_FDNAMES: 'web',
    LISTEN_PID: '1',
  }).done
  t.equal(code, 2)
  t.match(stderr, /there is no socket "web": systemd has handed over none/)
})
