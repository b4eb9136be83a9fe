/** Pools that fail, are disabled and heal, and workers that are kept for a debugger, as clients of the built server see it. */
import { readFileSync } from 'node:fs'
import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const APPLICATION = `
import { existsSync } from 'node:fs'
if (existsSync('bad.txt')) process.exit(7)
if (existsSync('app/slow.txt')) await new Promise((resolve) => setTimeout(resolve, 1500))
export default (request, response) => {
  if (request.url === '/spin') for (;;);
  if (request.url === '/crash') process.exit(3)
  response.end('well')
}
`
/** What an administrator's program does: it writes down what it was told. */
const ACTION = `
import { renameSync, writeFileSync } from 'node:fs'
writeFileSync('told.tmp', process.argv.slice(2).join('|'))
renameSync('told.tmp', 'told.txt')
`

const start = (pool: Record<string, unknown>, files: Record<string, string> = {}): Promise<TestServer> =>
  startServer(
    {
      applicationPools: [{ name: 'P', ...pool }],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', applicationPool: 'P', module: './app/app.mjs' }],
        },
      ],
    },
    { 'app/app.mjs': APPLICATION, 'action.mjs': ACTION, ...files },
  )

const text = async (url: string): Promise<string> => (await fetch(url)).text()

const crash = async (server: TestServer): Promise<void> => {
  const victim = await rawClient(server.port)
  victim.send(get('/crash'))
  t.match(await victim.ended(), { how: 'reset' })
}

const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Milliseconds within which the guardian would have ended what it ends. */
const GUARDIAN_ACTS = 1500

/** What the action was told; the file is there once it has run. */
const told = async (server: TestServer): Promise<string> => {
  const file = join(server.folder, 'told.txt')
  while (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  )
    await wait(20)
  return readFile(file, 'utf8')
}

t.test('autoShutdownExe is run when rapid-fail protection disables the pool', async (t) => {
  const server = await start({
    failure: {
      rapidFailProtectionMaxCrashes: 1,
      autoShutdownExe: process.execPath,
      autoShutdownParams: 'action.mjs "pool P" down',
    },
  })
  t.teardown(() => server.stop())
  await crash(server)
  await server.printed(/5002.*is disabled/)
  t.equal(await told(server), 'pool P|down')
})

t.test('TcpLevel: clients of a disabled pool are reset instead of answered', async (t) => {
  const server = await start({
    failure: { rapidFailProtectionMaxCrashes: 1, loadBalancerCapabilities: 'TcpLevel' },
  })
  t.teardown(() => server.stop())
  await crash(server)
  await server.printed(/5002/)
  const client = await rawClient(server.port)
  client.send(get('/'))
  t.same(await client.ended(), { how: 'reset', text: '' })
})

t.test('self-healing: tried after a pause, for longer each time, until a trial goes well', async (t) => {
  const failure = { rapidFailProtectionMaxCrashes: 1, selfHealing: { enabled: true, firstPause: '1s' } }
  const server = await start({ failure }, { 'bad.txt': '' })
  t.teardown(() => server.stop())
  t.equal((await fetch(server.url)).status, 503)
  await server.printed(/5002.*is disabled.*tried in 1 s/)
  await server.printed(/5002.*disabled again.*tried in 2 s/)
  t.equal((await fetch(server.url)).status, 503)
  await rm(join(server.folder, 'bad.txt'))
  await server.printed(/Worker 3 .*is ready/)
  t.equal(await text(server.url), 'well')
})

for (const isolation of ['thread', 'process'])
  t.test(
    `${isolation}: an orphan is cut off and kept, its action is run, and another worker takes over`,
    async (t) => {
      const server = await start({
        isolation,
        ...(isolation === 'process' ? { nodeOptions: ['--inspect-port=0'] } : {}),
        concurrentRequests: 1,
        processModel: { pingInterval: '1s', pingResponseTime: '1s' },
        failure: {
          orphanWorkerProcess: true,
          orphanActionExe: process.execPath,
          orphanActionParams: 'action.mjs %1% "%2" %3% %4%',
        },
      })
      t.equal(await text(server.url), 'well')
      const victim = await rawClient(server.port)
      victim.send(get('/spin'))
      const waiting = text(server.url)
      t.same(await victim.ended(), { how: 'reset', text: '' })
      t.equal(await waiting, 'well')
      await server.printed(isolation === 'process' ? /5010.*Worker 1 \(pid \d+\)/ : /5010.*Worker 1 of/)
      await server.printed(/Worker 1 .*is orphaned instead of ended \(pingResponseTime\).*Orphans now: 1/)
      const [pid, ...rest] = (await told(server)).split('|')
      t.same(rest, ['pingResponseTime', 'P', '1'])
      if (isolation === 'thread') {
        t.equal(pid, String(server.process.pid))
        t.equal(await server.stop(), 0)
        t.match(server.output(), /Orphan 1 .*has ended. Orphans now: 0/)
        return
      }
      const orphan = Number(pid)
      t.not(orphan, server.process.pid)
      t.teardown(() => {
        if (alive(orphan)) process.kill(orphan, 'SIGKILL')
      })
      t.ok(alive(orphan))
      process.kill(orphan, 'SIGUSR1')
      await server.printed(/Debugger listening on/)
      t.equal(await server.stop(), 0)
      t.match(server.output(), new RegExp(`Orphan 1 .*process ${orphan}, outlives the server`))
      await wait(GUARDIAN_ACTS)
      t.ok(alive(orphan), 'also after the server')
    },
  )

t.test('kill -9 of the server ends the orphans too', async (t) => {
  const server = await start({
    isolation: 'process',
    processModel: { pingInterval: '1s', pingResponseTime: '1s' },
    failure: {
      orphanWorkerProcess: true,
      orphanActionExe: process.execPath,
      orphanActionParams: 'action.mjs %1%',
    },
  })
  const victim = await rawClient(server.port)
  victim.send(get('/spin'))
  t.same(await victim.ended(), { how: 'reset', text: '' })
  const orphan = Number(await told(server))
  t.ok(alive(orphan))
  server.process.kill('SIGKILL')
  const until = Date.now() + 5000
  while (alive(orphan) && Date.now() < until) await wait(20)
  t.notOk(alive(orphan))
})

t.test('a worker that crashes while it is being replaced leaves its place to its replacement', async (t) => {
  const server = await start({ recycling: { onFileChange: { enabled: true, delay: '100ms' } } })
  t.teardown(() => server.stop())
  t.equal(await text(server.url), 'well')
  await writeFile(join(server.folder, 'app/slow.txt'), '')
  await server.printed(/5080/)
  await crash(server)
  t.notMatch(server.output(), /Worker 2 .*is ready/, 'the replacement is still on its way')
  t.equal(await text(server.url), 'well', 'who comes now waits for it')
  await server.printed(/5009.*Worker 1/)
  await server.printed(/Worker 2 .*is ready/)
  t.notMatch(server.output(), /Worker 3/)
})
