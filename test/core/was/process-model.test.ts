/** WAS as a provider of processes for anything that has a queue: no HTTP, no listener, no socket. */
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import { build } from '../../../core/config/build.js'
import type { Receiver } from '../../../core/contract/receiver.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import { Namespace } from '../../../core/namespace/namespace.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { ActivationService } from '../../../core/was/service.js'
import { HandWorker, turn } from './hosted.js'

const serve = () => {
  const events: ServerEvent[] = []
  const workers: HandWorker[] = []
  const service = new ActivationService({
    config: build(
      {
        applicationPools: [{ name: 'Jobs', processModel: { idleTimeout: '0s', pingingEnabled: false } }],
        sites: [{ name: 'None', serverAutoStart: false, bindings: [{ bindingInformation: '*:1:' }] }],
      },
      '/srv/applicationHost.json',
    ),
    namespace: new Namespace(),
    hostOf: () => ({
      name: 'process',
      start: (start, observer) => {
        const worker = new HandWorker(start, observer)
        workers.push(worker)
        return worker
      },
    }),
    clock: new ManualClock(1_000_000),
    events: { write: (event) => events.push(event) },
    machine: { memoryInUse: () => 0, random: () => 0, watchFiles: () => () => undefined },
    adapters: [],
  })
  service.start(() => 0)
  return { service, workers, events }
}

/** A piece of work of another protocol: all that a queue asks of what waits in it. */
const job = (results: string[]): RequestContext => {
  const connection = { receiver: null as Receiver | null, receiverQueue: null }
  const ctx = {
    connection,
    receiver: null as Receiver | null,
    retried: false,
    receivedAt: 0,
    exchange: 0,
    application: null,
    resume: (result: string) => results.push(result),
    fail: (code: string) => results.push(code),
    retry: () => false,
  }
  return ctx as unknown as RequestContext
}

t.test(
  'a queue that has work gets a worker; it is replaced and stopped, and nobody listens anywhere',
  async (t) => {
    const { service, workers } = serve()
    const pool = service.pool('Jobs')
    const results: string[] = []
    const first = job(results)
    t.equal(pool.queue.enter(first), 'WAITING')
    t.equal(workers.length, 1, 'demand start')
    workers[0]?.ready()
    t.same(results, ['CONTINUE'], 'a worker has taken it')
    t.ok(first.receiver)
    first.receiver?.cancel(first)

    pool.recycle()
    t.equal(workers.length, 2)
    workers[1]?.ready()
    workers[0]?.end({ kind: 'stopped' })
    const second = job(results)
    t.equal(pool.queue.enter(second), 'TAKEN')
    second.receiver?.cancel(second)

    workers[1]?.end({ kind: 'crashed', error: new Error('thrown') })
    t.equal(pool.queue.enter(job(results)), 'WAITING')
    t.equal(workers.length, 3, 'after a failure the next work starts the next one')

    const stopped = service.stop()
    t.equal(results.at(-1), 'POOL_DISABLED', 'who waits hears of it')
    workers[2]?.end({ kind: 'stopped' })
    await stopped
    await turn()
    t.equal(pool.queue.enter(job(results)), 'DISABLED')
    t.notOk(process.getActiveResourcesInfo().includes('TCPServerWrap'))
  },
)
