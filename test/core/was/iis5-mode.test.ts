/** WAS in IIS 5 mode: hosts on demand, one limit for all queues, and what is said of hosts that end. */
import t from 'tap'
import { Hosted } from './hosted.js'

/** The site of each "pool" of Hosted has two applications; `kinds` says where they run. */
const hosted = (kinds: Readonly<Record<string, string>>, more: object = {}): Hosted => {
  const sites = Object.entries(kinds).map(([name, appIsolated]) => ({
    name,
    bindings: [{ protocol: 'http', bindingInformation: `*:80:${name}` }],
    applications: [{ path: '/', module: 'app.js', appIsolated }],
  }))
  return new Hosted([], { isolationMode: 'iis5', sites, ...more })
}

t.test('each kind of application starts its own host, with its first request', async (t) => {
  const was = hosted({ a: 'inProcess', b: 'pooled', c: 'pooled', d: 'isolated' })
  t.equal(was.started.length, 0)
  for (const name of ['a', 'b', 'c', 'd']) was.ask(name)
  t.same(
    was.started.map(({ pool }) => pool),
    ['inetinfo', 'dllhost', 'dllhost d/'],
  )
})

t.test(
  'a host that ends is told as an application of IIS 5, and starts again with the next request',
  async (t) => {
    const was = hosted({ b: 'pooled', c: 'pooled', d: 'isolated' })
    const lost = was.ask('b')
    was.ask('c')
    was.worker.ready()
    was.worker.end({ kind: 'exited', exitCode: 3 })
    t.match(
      was.events.find(({ id }) => id === 37),
      {
        source: 'W3SVC',
        level: 'warning',
        text: 'Out of process application b/, c/ terminated unexpectedly: it called process.exit(3). 2 requests it had taken were lost; the next request starts it again.',
        facts: { applications: ['b/', 'c/'], requests: 2, exitCode: 3 },
      },
    )
    t.match(lost, { error: 'WORKER_LOST' })
    t.equal(was.started.length, 1)
    for (let crash = 0; crash < 20; crash++) {
      was.ask('b')
      was.worker.ready()
      was.worker.end({ kind: 'crashed', error: new Error('again') })
    }
    t.equal(was.started.length, 21, 'as often as it takes: there is no rapid-fail protection')
  },
)

t.test('no ping, no recycling, no end for idleness, whatever the file says', async (t) => {
  const was = hosted(
    { b: 'pooled' },
    {
      applicationPoolDefaults: {
        processModel: { maxProcesses: 3, idleTimeout: '1m' },
        recycling: { periodicRestart: { time: '1h', requests: 1 } },
      },
    },
  )
  for (let i = 0; i < 3; i++) {
    was.ask('b')
    was.worker.ready()
  }
  was.clock.advance(48 * 3_600_000)
  t.equal(was.started.length, 1)
  t.same(was.states, ['running'])
})

t.test('one limit for all who wait, in whatever host', async (t) => {
  const was = hosted({ b: 'pooled', d: 'isolated' }, { applicationPoolDefaults: { queueLength: 10 } })
  for (let i = 0; i < 9; i++) t.equal(was.ask('b').state, 'queue')
  t.equal(was.ask('d').state, 'queue')
  t.match(was.ask('d'), { error: 'QUEUE_FULL', response: { status: 503 } })
  t.match(was.ask('b'), { error: 'QUEUE_FULL', response: { status: 503 } })
})

t.test(
  'the start names the applications that can end the server, and the settings without effect',
  async (t) => {
    const was = hosted({ a: 'inProcess', b: 'pooled' }, { applicationPools: [{ name: 'P', recycling: {} }] })
    t.match(
      was.events.map(({ level, text }) => [level, text]),
      [
        ['warning', /ENDS THE WHOLE SERVER, all sites with it: a\/\.$/],
        ['warning', 'These settings do not apply in isolationMode iis5: /applicationPools/0/recycling.'],
      ],
    )
    const many = Array.from({ length: 30 }, (_value, i) => ({ name: `P${i}`, queueLength: 20 }))
    t.match(
      hosted({ b: 'pooled' }, { applicationPools: many }).events[0]?.text,
      /\/applicationPools\/19\/queueLength and 10 more\.$/,
    )
    t.same(new Hosted([{ name: 'a' }]).events, [], 'nothing of it with worker processes')
  },
)

t.test("a recycle by hand renews a process, and leaves the server's own alone", async (t) => {
  const was = hosted({ a: 'inProcess', b: 'pooled' })
  was.ask('a')
  was.worker.ready()
  was.pool('inetinfo').recycle()
  t.equal(was.started.length, 1)
  t.match(was.events.at(-1)?.text, /"inetinfo" is not recycled \(OnDemand\).*restart of the server/)
  was.ask('b')
  was.worker.ready()
  was.pool('dllhost').recycle()
  t.equal(was.started.length, 3)
})
