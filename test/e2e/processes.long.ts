/** Workers that are processes: what they start ends with them, nothing outlives the server, and each has its own account. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { errorLine } from '../harness/error-line.js'
import { get, rawClient } from '../harness/raw-client.js'
import { CLI, startServer, writeFolder, type TestServer } from '../harness/server.js'

// Many servers, one after the other.
const APPLICATION = `
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
process.on('SIGTERM', () => undefined)
const status = (field) => new RegExp('^' + field + ':\\\\s*(.*)$', 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
const children = () => [
  spawn('sleep', ['600'], { stdio: 'inherit' }),
  spawn('sh', ['-c', "trap '' TERM; sleep 600 & wait"], { stdio: 'ignore' }),
  spawn('sleep', ['600'], { stdio: 'ignore', detached: true }),
].map((child) => child.pid)
const regained = () => { try { process.setuid(0); return true } catch { return false } }
export default async (request, response) => {
  const tell = (value) => response.end(JSON.stringify(value))
  switch (request.url) {
    case '/pid': return tell(process.pid)
    case '/children': return tell([process.pid, ...children()])
    case '/spin': response.write('spinning'); setTimeout(() => { for (;;); }, 10); return
    case '/exit': return process.exit(0)
    case '/print': {
      for (let i = 0; i < 2000; i++) process.stdout.write('x'.repeat(1000) + '\\n')
      console.error('to standard error')
      return tell('printed')
    }
    case '/account': return tell({ uid: process.getuid(), euid: process.geteuid(), gid: process.getgid(),
      groups: process.getgroups(), home: process.env.HOME, user: process.env.USER, capabilities: status('CapEff'),
      regained: regained() })
    case '/node': return tell({ flags: process.execArgv, processors: status('Cpus_allowed_list'), path: process.execPath,
      one: process.env.ONE })
    default: return tell('well')
  }
}
`

const start = (pool: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<TestServer> =>
  startServer(
    {
      applicationPoolDefaults: { isolation: 'process' },
      applicationPools: [{ name: 'P', ...pool }, { name: 'Calm' }],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [
            { path: '/', applicationPool: 'P', module: './app.mjs' },
            { path: '/calm', applicationPool: 'Calm', module: './calm.mjs' },
          ],
        },
      ],
      ...more,
    },
    { 'app.mjs': APPLICATION, 'calm.mjs': `export default (request, response) => response.end('calm')` },
  )

const text = async (url: string): Promise<string> => (await fetch(url)).text()
const json = async <T>(url: string): Promise<T> => JSON.parse(await text(url)) as T

/** A zombie has ended; whoever should bury it is none of ours. */
const lives = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Resolves with those that still live after two seconds. */
const survivors = async (pids: readonly number[]): Promise<number[]> => {
  const until = Date.now() + 2000
  while (pids.some(lives) && Date.now() < until) await delay(20)
  return pids.filter(lives)
}

t.test('what a worker has started ends with it', async (t) => {
  await t.test('when it exits', async (t) => {
    const server = await start()
    t.teardown(() => server.stop())
    const family = await json<number[]>(`${server.url}/children`)
    t.ok(family.every(lives))
    const victim = await rawClient(server.port)
    victim.send(get('/exit'))
    await victim.ended()
    t.same(await survivors(family), [])
  })
  await t.test('when it is recycled', async (t) => {
    const server = await start({ recycling: { periodicRestart: { requests: 2 } } })
    t.teardown(() => server.stop())
    const family = await json<number[]>(`${server.url}/children`)
    await text(`${server.url}/`)
    await server.printed(/5075/)
    t.same(await survivors(family), [])
    t.equal(await json(`${server.url}/`), 'well')
  })
  await t.test('when it hangs', async (t) => {
    const server = await start({ processModel: { pingInterval: '1s', pingResponseTime: '1s' } })
    t.teardown(() => server.stop())
    const family = await json<number[]>(`${server.url}/children`)
    const victim = await rawClient(server.port)
    victim.send(get('/spin'))
    await victim.until(/spinning/)
    await server.printed(/5010/)
    t.same(await survivors(family), [])
  })
  await t.test('when the server is stopped, though it ignores SIGTERM', async (t) => {
    const server = await start()
    const family = await json<number[]>(`${server.url}/children`)
    t.equal(await server.stop(), 0)
    t.same(await survivors(family), [])
  })
})

t.test(
  'kill -9 of the server leaves nothing behind: neither a loop, nor a stopped one, nor children',
  async (t) => {
    const server = await start({ processModel: { maxProcesses: 3 } })
    t.teardown(() => server.stop())
    const families: number[] = []
    const pids = new Set<number>()
    const clients = []
    while (pids.size < 3) {
      const client = await rawClient(server.port)
      client.send(get('/pid'))
      const [, pid = ''] = /\r\n\r\n(\d+)$/.exec(await client.until(/\r\n\r\n\d+$/)) ?? []
      if (pids.has(Number(pid))) continue
      pids.add(Number(pid))
      clients.push(client)
    }
    for (const client of clients) {
      client.send(get('/children'))
      const [, list = '[]'] = /(\[[\d,]+\])$/.exec(await client.until(/\]$/)) ?? []
      families.push(...(JSON.parse(list) as number[]))
    }
    const [spinning] = clients
    spinning?.send(get('/spin'))
    await spinning?.until(/spinning/)
    process.kill([...pids][1] ?? 0, 'SIGSTOP')
    t.ok(families.every(lives))
    server.process.kill('SIGKILL')
    t.same(await survivors(families), [])
  },
)

t.test('what a worker prints is printed by the server', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  t.equal(await json(`${server.url}/print`), 'printed')
  await server.printed(/^x{1000}$/m)
  await server.printed(/to standard error/)
})

t.test('each pool has its node, its flags and its environment', async (t) => {
  const server = await start({
    nodePath: process.execPath,
    nodeOptions: ['--no-deprecation'],
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 12 },
    environmentVariables: { ONE: '1' },
  })
  t.teardown(() => server.stop())
  const { flags, path, one } = await json<{ flags: string[]; path: string; one: string }>(
    `${server.url}/node`,
  )
  t.match(flags.join(' '), /--max-old-space-size=64 --max-semi-space-size=4 --no-deprecation$/)
  t.equal(path, process.execPath)
  t.equal(one, '1')
})

t.test('a node that does not start gives 503, and the event log says why', async (t) => {
  const server = await start({ nodeOptions: ['--no-such-flag'] })
  t.teardown(() => server.stop())
  t.equal((await fetch(server.url)).status, 503)
  await server.printed(/5022.*bad option: --no-such-flag/)
  t.equal(await text(`${server.url}/calm`), 'calm')
})

t.test('workers are bound to the processors of the mask; a mask that leaves none is told', async (t) => {
  const bound = await start({ cpu: { smpAffinitized: true, smpProcessorAffinityMask: 1 } })
  t.teardown(() => bound.stop())
  t.equal((await json<{ processors: string }>(`${bound.url}/node`)).processors, '0')
  const free = await start({
    cpu: { smpAffinitized: true, smpProcessorAffinityMask: 2 ** 31, smpProcessorAffinityMask2: 2 ** 31 },
  })
  t.teardown(() => free.stop())
  t.equal(await json(`${free.url}/`), 'well')
  await free.printed(/5058.*0x8000000080000000/)
})

t.test(
  'a pool that uses more processor time than it may is slowed down, or shut down for a while',
  async (t) => {
    const spin = async (t: Test, server: TestServer): Promise<number> => {
      const pid = await json<number>(`${server.url}/pid`)
      const client = await rawClient(server.port)
      t.teardown(() => client.socket.destroy())
      client.send(get('/spin'))
      await client.until(/spinning/)
      return pid
    }
    /** Milliseconds of user and system time: proc(5), stat. */
    const used = (pid: number): number => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) * 10
    }
    await t.test('Throttle', async (t) => {
      const limit = 10_000 / availableParallelism()
      const server = await start({
        cpu: { limit: Math.round(limit), action: 'Throttle' },
        processModel: { shutdownTimeLimit: '1s' },
      })
      t.teardown(() => server.stop())
      const pid = await spin(t, server)
      await server.printed(/5025.*slowed down to 0\.10 processors/)
      const before = used(pid)
      const from = performance.now()
      await delay(2000)
      t.ok((used(pid) - before) / (performance.now() - from) < 0.25, 'about a tenth of a processor')
      t.equal(await text(`${server.url}/calm`), 'calm')
    })
    await t.test('KillW3wp', async (t) => {
      const server = await start({ cpu: { limit: 1000, action: 'KillW3wp', resetInterval: '5s' } })
      t.teardown(() => server.stop())
      const pid = await spin(t, server)
      await server.printed(/5025.*shut down for \d s/)
      t.same(await survivors([pid]), [])
      t.equal((await fetch(server.url)).status, 503)
      t.match(await errorLine(server, /AppShutdown/), / GET \/ 503 1 AppShutdown /)
      t.equal(await text(`${server.url}/calm`), 'calm')
      while ((await fetch(server.url)).status === 503) await delay(100)
      t.equal(await json(`${server.url}/`), 'well', 'after the interval it is there again')
    })
  },
)

const ACCOUNT = 'www-data'

/** Why the tests of accounts cannot be run here; false where they can. */
const noAccounts = (): string | false => {
  if (process.getuid?.() !== 0) return 'only root can run workers as somebody else: run the tests as root'
  const reads = ['--reuid', ACCOUNT, '--regid', ACCOUNT, '--init-groups', 'test', '-r', CLI]
  return spawnSync('setpriv', reads).status === 0 ? false : `${ACCOUNT} cannot read ${CLI}`
}

t.test('identity', { skip: noAccounts() }, async (t) => {
  const numbers = (flags: string): number[] =>
    spawnSync('id', [flags, ACCOUNT], { encoding: 'utf8' }).stdout.trim().split(' ').map(Number)
  const [uid] = numbers('-u')
  const [gid] = numbers('-g')

  await t.test(
    'a worker has the account of its pool, with its groups and nobody else’s, for good',
    async (t) => {
      const server = await start({ processModel: { identityType: 'SpecificUser', userName: ACCOUNT } })
      t.teardown(() => server.stop())
      await chmod(server.folder, 0o755)
      const account = await json<{ groups: number[]; capabilities: string }>(`${server.url}/account`)
      t.match(account, { uid, euid: uid, gid, user: ACCOUNT, home: '/var/www', regained: false })
      t.match(account.capabilities, /^0+$/)
      t.same(account.groups.sort(), numbers('-G').sort())
      t.equal(await text(`${server.url}/calm`), 'calm')
      const family = await json<number[]>(`${server.url}/children`)
      server.process.kill('SIGKILL')
      t.same(await survivors(family), [], 'root’s guardian ends it all the same')
    },
  )

  await t.test('NetworkService is www-data, LocalService nobody, LocalSystem root', async (t) => {
    for (const [identityType, expected] of [
      ['NetworkService', 'www-data'],
      ['LocalService', 'nobody'],
      ['LocalSystem', 'root'],
    ]) {
      const server = await start({ processModel: { identityType } })
      await chmod(server.folder, 0o755)
      const id = Number(spawnSync('id', ['-u', expected ?? ''], { encoding: 'utf8' }).stdout)
      t.match(await json(`${server.url}/account`), { uid: id })
      await server.stop()
    }
  })

  await t.test('a server that is not root says so at check', async (t) => {
    const folder = await writeFolder({
      applicationPools: [
        {
          name: 'P',
          isolation: 'process',
          processModel: { identityType: 'SpecificUser', userName: 'nobody' },
        },
      ],
      sites: [
        { name: 'S', bindings: [{ bindingInformation: '127.0.0.1:0:' }], applications: [{ type: 'static' }] },
      ],
    })
    t.teardown(() => rm(folder, { recursive: true }))
    await chmod(folder, 0o755)
    const file = join(folder, 'applicationHost.json')
    const become = ['--reuid', ACCOUNT, '--regid', ACCOUNT, '--init-groups']
    // Without what the runner of the tests puts before every program: it writes into folders of root's.
    const program = ['env', '-u', 'NODE_OPTIONS', process.execPath, CLI, 'check', '--config', file]
    const check = spawnSync('setpriv', [...become, ...program], { encoding: 'utf8' })
    t.equal(check.status, 2)
    t.match(
      check.stderr,
      /userName: only root may run workers as "nobody", and the server's account is not root/,
    )
  })

  await t.test('an account that may not read the application: no worker, 5021, 503', async (t) => {
    const server = await start({ processModel: { identityType: 'SpecificUser', userName: ACCOUNT } })
    t.teardown(() => server.stop())
    t.equal((await fetch(server.url)).status, 503)
    await server.printed(/5021.*the account "www-data" may not read .*app\.mjs/)
    t.equal(await text(`${server.url}/calm`), 'calm')
  })
})
