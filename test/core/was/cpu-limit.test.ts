/** Processor time of a pool against its limit, second by second. */
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import { build } from '../../../core/config/build.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import { allowedTime, CpuLimit, type LimitedPool } from '../../../core/was/cpu-limit.js'

class Pool implements LimitedPool {
  readonly clock = new ManualClock(0)
  readonly events: ServerEvent[] = []
  readonly config
  state: LimitedPool['state'] = 'started'
  workers: { id: number; processorTime: number | undefined }[] = []
  killed = 0
  readonly limit: CpuLimit

  constructor(cpu: object) {
    const { applicationPools } = build(
      { applicationPools: [{ name: 'P', cpu }], sites: [] },
      '/srv/host.json',
    )
    const [config] = applicationPools
    if (!config) throw new Error('no pool')
    this.config = config
    this.limit = new CpuLimit(this, {
      clock: this.clock,
      processors: 2,
      tell: (event) => this.events.push(event),
    })
    this.limit.start()
  }

  start(): void {
    this.state = 'started'
    this.limit.start()
  }

  stop(): Promise<void> {
    this.limit.stop()
    this.state = 'stopped'
    return Promise.resolve()
  }

  kill(): void {
    this.killed++
  }
}

t.test('a limit is a share of all processors', async (t) => {
  t.equal(allowedTime(50_000, 2, 10_000), 10_000)
  t.equal(allowedTime(1_000, 4, 60_000), 2_400)
})

t.test('NoAction tells it once in each interval, over all workers, also those that have gone', async (t) => {
  const pool = new Pool({ limit: 10_000, resetInterval: '10s' })
  pool.workers = [
    { id: 1, processorTime: 900 },
    { id: 2, processorTime: 0 },
  ]
  pool.clock.advance(1000)
  pool.workers = [{ id: 2, processorTime: 1100 }]
  t.same(pool.events, [], '2 s within 10 s are allowed')
  pool.clock.advance(1000)
  t.same(pool.events, [])
  pool.workers = [{ id: 2, processorTime: 1200 }]
  pool.clock.advance(1000)
  t.match(pool.events, [{ id: 5025, facts: { used: 2100, allowed: 2000, left: 7000 } }])
  pool.workers = [{ id: 2, processorTime: 3000 }]
  pool.clock.advance(8000)
  t.equal(pool.events.length, 1)
  pool.workers = [{ id: 2, processorTime: 6000 }]
  pool.clock.advance(1000)
  t.equal(pool.events.length, 2, 'a new interval')
  t.equal(pool.state, 'started')
})

t.test('KillW3wp shuts the pool down until the interval is over', async (t) => {
  const pool = new Pool({ limit: 10_000, action: 'KillW3wp', resetInterval: '10s' })
  pool.workers = [{ id: 1, processorTime: 2001 }]
  pool.clock.advance(1000)
  t.match(pool.events, [{ id: 5025, text: /shut down for 9 s/ }])
  t.equal(pool.state, 'stopped')
  t.equal(pool.killed, 1)
  pool.workers = []
  pool.clock.advance(8999)
  await Promise.resolve()
  t.equal(pool.state, 'stopped')
  pool.clock.advance(1)
  await Promise.resolve()
  t.equal(pool.state, 'started')
})

t.test('a pool that is stopped by hand meanwhile stays so', async (t) => {
  const pool = new Pool({ limit: 10_000, action: 'KillW3wp', resetInterval: '10s' })
  pool.workers = [{ id: 1, processorTime: 2001 }]
  pool.clock.advance(1000)
  await pool.stop()
  pool.clock.advance(60_000)
  await Promise.resolve()
  t.equal(pool.state, 'stopped')
})

t.test('without a limit, without an interval, and where the host throttles, nobody looks', async (t) => {
  for (const cpu of [{}, { limit: 1, resetInterval: '0' }, { limit: 1, action: 'Throttle' }]) {
    const pool = new Pool(cpu)
    pool.workers = [{ id: 1, processorTime: 1_000_000 }]
    pool.clock.advance(1000)
    t.same(pool.events, [])
  }
})
