/** IIS 5 isolation mode in the built server: three kinds of applications, their crashes, one queue, and the way back. */
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { CLI, startServer, writeFolder, type TestServer } from '../harness/server.js'
import { spawnNode } from '../harness/spawn-node.js'

const APP = `
import { createServer } from 'node:http'
const name = 'NAME'
createServer((request, response) => {
  switch (request.url) {
    case '/throw': throw new Error('thrown by ' + name)
    case '/exit': process.exit(3)
    case '/never': return
    case '/later': setTimeout(() => response.end('later'), 100); return
    case '/echo': request.pipe(response); return
    default: response.end(process.pid + ' ' + process.ppid + ' ' + name)
  }
}).listen(process.env.PORT)
`

/** A file for each application: those of one process would get the same module. */
const fileOf = (path: string): string => `app${path.replace('/', '-')}.mjs`

const application = (path: string, appIsolated: string): Record<string, unknown> => ({
  path,
  appIsolated,
  applicationPool: 'P',
  module: `./${fileOf(path)}`,
})

const PATHS = ['/in', '/pooled', '/pooled2', '/alone']

const configuration = (isolationMode: string, more: object = {}): object => ({
  isolationMode,
  applicationPools: [
    { name: 'P', processModel: { maxProcesses: 1 }, recycling: { periodicRestart: { requests: 3 } } },
  ],
  sites: [
    {
      name: 'Test',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [
        application('/in', 'inProcess'),
        application('/pooled', 'pooled'),
        application('/pooled2', 'pooled'),
        application('/alone', 'isolated'),
      ],
    },
  ],
  ...more,
})

const files = Object.fromEntries(PATHS.map((path) => [fileOf(path), APP.replace('NAME', path)]))

const start = (more: object = {}): Promise<TestServer> => startServer(configuration('iis5', more), files)

const pidOf = async (server: TestServer, path: string): Promise<number> => {
  const text = await (await fetch(server.url + path)).text()
  if (!text.endsWith(` ${path}`)) throw new Error(`${path} answered ${text}`)
  return Number(text.split(' ')[0])
}

t.test('applications run in the server, pooled in one process, or alone in theirs', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  const own = server.process.pid
  t.match(server.output(), /WARNING WAS.*ENDS THE WHOLE SERVER.*: Test\/in\.\n/)
  t.match(
    server.output(),
    /WARNING WAS.*do not apply in isolationMode iis5: \/applicationPools\/0\/processModel, /,
  )
  const [inProcess, pooled, pooled2, alone] = await Promise.all(PATHS.map((path) => pidOf(server, path)))
  t.equal(inProcess, own)
  t.equal(pooled, pooled2)
  t.equal(new Set([own, pooled, alone]).size, 3)
  for (let i = 0; i < 10; i++)
    t.equal(await pidOf(server, '/pooled'), pooled, 'recycling of the pool does not apply')
  for (const path of PATHS) {
    const body = 'x'.repeat(300_000) + path
    const echo = await fetch(`${server.url + path}/echo`, { method: 'POST', body })
    t.equal(await echo.text(), body, `${path}: large bodies pass both ways`)
  }
  const [held, printed] = [await rawClient(server.port), server.output.bind(server)]
  held.send(get('/in/later'))
  await pidOf(server, '/in')
  const code = server.stop()
  t.match((await held.ended()).text, /later$/, 'a stop lets requests finish, in the server itself too')
  t.equal(await code, 0)
  t.notMatch(printed(), /This ends the whole server/)
})

t.test('handlers and filters run where their application does: in the server, or in its host', async (t) => {
  const extended = (path: string, appIsolated: string): Record<string, unknown> => ({
    ...application(path, appIsolated),
    handlers: [{ name: 'where', path: '*.where', module: './handler.mjs', requireAccess: 'None' }],
    filters: [{ name: 'heard', module: './filter.mjs' }],
  })
  const applications = [
    extended('/in', 'inProcess'),
    extended('/pooled', 'pooled'),
    extended('/alone', 'isolated'),
  ]
  const extensions = {
    'handler.mjs': `import { defineHandler } from 'webgarden'
export default defineHandler({ name: 'where', handle: (ecb) => ecb.writeClient(String(process.pid)).then(() => 'SUCCESS') })`,
    'filter.mjs': `import { defineFilter } from 'webgarden'
export default defineFilter({ name: 'heard', sendResponse(pfc, headers) {
  headers.setHeader('X-Filter', String(process.pid))
  return 'REQ_NEXT_NOTIFICATION'
} })`,
  }
  for (const isolationMode of ['iis5', 'workerProcess']) {
    const server = await startServer(
      {
        isolationMode,
        ...(isolationMode === 'iis5' ? {} : { applicationPools: [{ name: 'P', isolation: 'process' }] }),
        sites: [
          {
            name: 'Test',
            bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
            applications,
          },
        ],
      },
      { ...files, ...extensions },
    )
    t.teardown(() => server.stop())
    const places = []
    for (const { path } of applications as { path: string }[]) {
      const host = await pidOf(server, path)
      const handled = await fetch(`${server.url + path}/a.where`)
      t.equal(await handled.text(), String(host), `${isolationMode}: the handler of ${path}`)
      t.equal(handled.headers.get('x-filter'), String(host), `${isolationMode}: the filter of ${path}`)
      places.push(host)
    }
    const own = server.process.pid ?? 0
    if (isolationMode === 'iis5') {
      t.equal(places[0], own)
      t.equal(new Set(places).size, 3)
    } else t.same([places.includes(own), new Set(places).size], [false, 1], 'in the worker of their pool')
  }
})

t.test('an application in the server that cannot be loaded costs its own clients 503 only', async (t) => {
  const server = await startServer(
    {
      isolationMode: 'iis5',
      applicationDefaults: { appIsolated: 'inProcess' },
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [
            { path: '/bad', module: './bad.mjs' },
            { path: '/in', module: './app-in.mjs' },
          ],
        },
      ],
    },
    { ...files, 'bad.mjs': `throw new Error('no database today')` },
  )
  t.teardown(() => server.stop())
  t.equal((await fetch(`${server.url}/bad`)).status, 503)
  await server.printed(/2299.*\/bad.*no database today/)
  t.equal(await pidOf(server, '/in'), server.process.pid)
})

t.test('a crash of the pooled process resets its own requests, and nobody else notices', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  const before = await Promise.all(PATHS.map((path) => pidOf(server, path)))
  for (const [fault, evidence] of [
    [
      '/throw',
      /37 .*Out of process application Test\/pooled, Test\/pooled2 terminated unexpectedly: thrown by/,
    ],
    ['/exit', /37 .*Out of process application .* terminated unexpectedly: it called process\.exit\(3\)/],
  ] as const) {
    const client = await rawClient(server.port)
    client.send(get(`/pooled${fault}`))
    t.same(await client.ended(), { how: 'reset', text: '' })
    await server.printed(evidence)
    t.equal(await pidOf(server, '/in'), before[0])
    t.equal(await pidOf(server, '/alone'), before[3])
    const again = await pidOf(server, '/pooled2')
    t.not(again, before[1])
    t.equal(await pidOf(server, '/pooled'), again)
  }
})

for (const [fault, code, evidence] of [
  ['/throw', 1, /ERROR +W3SVC.*nobody caught: thrown by \/in\. This ends the whole server/],
  ['/exit', 3, /ERROR +W3SVC.*process\.exit\(3\)\. This ends the whole server/],
] as const) {
  t.test(
    `a crash in the server's own process (${fault}) ends the server and leaves nobody behind`,
    async (t) => {
      const server = await start()
      t.teardown(() => server.stop())
      const pids = await Promise.all(['/pooled', '/alone'].map((path) => pidOf(server, path)))
      await pidOf(server, '/in')
      const ended = once(server.process, 'close')
      const client = await rawClient(server.port)
      client.send(get(`/in${fault}`))
      t.equal((await client.ended()).text, '')
      t.same(await ended, [code, null])
      t.match(server.output(), evidence)
      const living = (pid: number): boolean => {
        try {
          return process.kill(pid, 0)
        } catch {
          return false
        }
      }
      const deadline = Date.now() + 5_000
      while (pids.some(living) && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20))
      t.same(pids.filter(living), [])
    },
  )
}

t.test('one queue for the whole server: who fills it fills it for all', async (t) => {
  const server = await start({ applicationPoolDefaults: { queueLength: 10, concurrentRequests: 1 } })
  t.teardown(() => server.stop())
  for (const path of PATHS) await pidOf(server, path)
  const clients = []
  for (const path of ['/alone/never', '/pooled/never', ...Array.from({ length: 10 }, () => '/pooled/')]) {
    const client = await rawClient(server.port)
    client.send(get(path))
    clients.push(client)
    // So that this one has its place before the next.
    await pidOf(server, '/in')
  }
  const refused = await fetch(`${server.url}/alone/`)
  t.equal(refused.status, 503, 'nobody else waits for this application')
  t.equal(await pidOf(server, '/in'), server.process.pid, 'a host that is free needs no queue')
  for (const client of clients) client.socket.destroy()
  t.ok(await pidOf(server, '/alone'), 'and there is room again')
})

t.test(
  'the same file in worker mode: every application in its pool, and the other settings without effect',
  async (t) => {
    const workers = await startServer(configuration('workerProcess'), files)
    t.teardown(() => workers.stop())
    t.match(
      workers.output(),
      /WARNING WAS.*do not apply in isolationMode workerProcess: \/sites\/0\/applications\/0\/appIsolated, /,
    )
    t.equal(workers.output().match(/pool P$/gm)?.length, PATHS.length)
    for (const path of PATHS) t.equal(await pidOf(workers, path), workers.process.pid, 'threads of the pool')
    await workers.printed(/Worker \d+ of pool "P" is recycled/)
    const back = await start()
    t.teardown(() => back.stop())
    t.not(await pidOf(back, '/pooled'), back.process.pid)
    t.match(back.output(), /pool dllhost$/m)
  },
)

t.test('a running server lets a change of the mode wait for its restart', async (t) => {
  const server = await startServer(configuration('workerProcess'), files)
  t.teardown(() => server.stop())
  await writeFile(
    join(server.folder, 'applicationHost.json'),
    JSON.stringify(configuration('iis5', { caching: { enabled: false } })),
  )
  await server.printed(/do not apply in isolationMode iis5: \/applicationPools\/0\/processModel/)
  for (const path of PATHS) t.equal(await pidOf(server, path), server.process.pid, 'threads as before')
})

t.test('check names each setting without effect, with its place, and is content', async (t) => {
  const folder = await writeFolder(configuration('iis5'), files)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const child = spawnNode([CLI, 'check', '--config', join(folder, 'applicationHost.json')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  t.same(await once(child, 'close'), [0, null])
  t.match(
    output,
    /applicationHost\.json:\d+:\d+: \/applicationPools\/0\/recycling: does not apply in isolationMode iis5\n/,
  )
  t.match(
    output,
    /is right: 1 site, 4 applications, 3 hosts\.\n2 settings without effect in isolationMode iis5/,
  )
})
