/** The ways in: who can open the socket, what becomes of a stale one, HTTP with its token, and what happens when it fails. */
import { once } from 'node:events'
import { mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { controlAddresses } from '../../../core/control/address.js'
import type { ServerEvent } from '../../../core/index.js'
import { openControl, type Control } from '../../../hosts/admin/control.js'
import { ask, Controlled } from './controlled.js'

const TOKEN = 'a token of twenty-five chars'.replaceAll(' ', '-')

/** A folder that is the user's runtime folder for this test, with a configuration file in it. */
const folder = async (t: Test): Promise<{ folder: string; file: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'control-'))
  const file = join(folder, 'applicationHost.json')
  await writeFile(file, '{}')
  const before = process.env.XDG_RUNTIME_DIR
  process.env.XDG_RUNTIME_DIR = folder
  t.teardown(async () => {
    if (before === undefined) delete process.env.XDG_RUNTIME_DIR
    else process.env.XDG_RUNTIME_DIR = before
    await rm(folder, { recursive: true, force: true })
  })
  return { folder, file }
}

const events: ServerEvent[] = []
t.beforeEach(() => {
  events.length = 0
})

const open = async (
  t: Test,
  file: string,
  control: { enabled?: boolean; socket?: string; http?: object } = {},
): Promise<Control> => {
  const { config } = await controlledConfig(t)
  const opened = await openControl(
    {
      ...config,
      file,
      control: {
        enabled: true,
        ...control,
        http: { enabled: false, port: 0, ...control.http },
      },
    },
    { write: (event) => events.push(event) },
  )
  t.teardown(() => opened.close())
  return opened
}

const controlledConfig = async (t: Test) => {
  const controlled = await Controlled.open([{ name: 'Api' }])
  t.teardown(() => controlled.close())
  return { config: controlled.steered.config(), steered: controlled.steered }
}

const socketOf = (file: string): string => controlAddresses(file)[0] ?? ''

t.test('the socket lies in a folder of mode 700, has mode 600, and is gone at the end', async (t) => {
  const { file } = await folder(t)
  const control = await open(t, file)
  const path = socketOf(file)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.equal((await stat(dirname(path))).mode & 0o777, 0o700)
  t.ok(Buffer.byteLength(path) < 104)
  await control.close()
  t.same(await readdir(dirname(path)), [])
})

t.test('a link to the file leads to the same server, another file to another', async (t) => {
  const { folder: at, file } = await folder(t)
  await open(t, file)
  await symlink(file, join(at, 'link.json'))
  await writeFile(join(at, 'other.json'), '{}')
  t.equal(socketOf(join(at, 'link.json')), socketOf(file))
  await t.rejects(open(t, join(at, 'link.json')), { name: 'ServerRunsError', message: /a server runs with/ })
  await open(t, join(at, 'other.json'))
  t.same(events, [])
})

t.test('the socket of a server that was killed is replaced', async (t) => {
  const { file } = await folder(t)
  const control = await open(t, file)
  const path = socketOf(file)
  await control.close()
  const dead = createServer().listen(path)
  await once(dead, 'listening')
  // What a kill leaves: the name, and nobody behind it.
  await rename(path, `${path}.kept`)
  dead.close()
  await rename(`${path}.kept`, path)
  const next = await open(t, file)
  const { steered } = await controlledConfig(t)
  next.serve(steered)
  t.match(await ask({ socketPath: path, path: '/status' }), { status: 200 })
})

t.test('a socket that cannot be had is an event, and the server goes on without', async (t) => {
  const { folder: at, file } = await folder(t)
  await open(t, file, { socket: join(at, 'x'.repeat(120)) })
  await open(t, file, { socket: join(at, 'no', 'such', 'folder.sock') })
  t.match(events, [
    {
      level: 'warning',
      text: /cannot be opened; the server serves, but cannot be steered.*longer than 103 bytes/,
    },
    { level: 'warning', text: /cannot be opened/ },
  ])
  events.length = 0
  await open(t, file, { enabled: false })
  t.same(events, [])
  t.notOk((await readdir(at)).includes('webgarden'), 'not even a folder was made')
})

t.test(
  'who connects before the server is there waits for it; a broken connection harms nobody',
  async (t) => {
    const { file } = await folder(t)
    const control = await open(t, file)
    const early = ask({ socketPath: socketOf(file), path: '/status' })
    const broken = connect(socketOf(file))
    broken.write('no HTTP at all\r\n\r\n')
    await once(broken, 'connect')
    const gone = connect(socketOf(file))
    gone.write('GET /status HTT')
    await once(gone, 'connect')
    gone.destroy()
    const { steered } = await controlledConfig(t)
    control.serve(steered)
    t.match(await early, { status: 200 })
    const [answer] = (await once(broken, 'data')) as [Buffer]
    t.match(answer.toString(), /^HTTP\/1\.1 400/)
    t.match(await ask({ socketPath: socketOf(file), path: '/status' }), { status: 200 })
  },
)

t.test('HTTP is for those who show the token, under a name of this machine', async (t) => {
  const { file } = await folder(t)
  const control = await open(t, file, { http: { enabled: true, token: TOKEN } })
  const { steered } = await controlledConfig(t)
  control.serve(steered)
  const port = Number(events[0]?.facts?.port)
  const get = (headers: Record<string, string>) => ask({ port, path: '/status', headers })
  t.match(await get({}), { status: 401, headers: { 'www-authenticate': 'Bearer' } })
  t.match(await get({ authorization: `Bearer ${TOKEN}x` }), { status: 401 })
  t.match(await get({ authorization: `Basic ${TOKEN}` }), { status: 401 })
  t.match(await get({ authorization: `Bearer ${TOKEN}`, host: 'evil.example' }), { status: 403 })
  t.match(await get({ authorization: `Bearer ${TOKEN}` }), { status: 200 })
  t.match(await ask({ port, path: '/nonsense' }), { status: 401 }, 'nothing is told to a stranger')
  t.match(
    await ask({ socketPath: socketOf(file), path: '/status' }),
    { status: 200 },
    'the socket needs none',
  )
})

t.test('the token may stand in a file; a short one, or none, leaves HTTP closed', async (t) => {
  const { folder: at, file } = await folder(t)
  const tokenFile = join(at, 'token')
  await writeFile(tokenFile, `${TOKEN}\n`)
  const control = await open(t, file, { http: { enabled: true, tokenFile } })
  const { steered } = await controlledConfig(t)
  control.serve(steered)
  const port = Number(events[0]?.facts?.port)
  t.match(await ask({ port, path: '/status', headers: { authorization: `Bearer ${TOKEN}` } }), {
    status: 200,
  })
  await control.close()
  await writeFile(tokenFile, 'short')
  await open(t, file, { http: { enabled: true, tokenFile } })
  t.match(events.at(-1), { level: 'warning', text: /has fewer than 16 characters/ })
})
