/** Requests and workers meet in the queue: who waits, who takes, in which order, and when more workers are asked for. */
import t from 'tap'
import type { Connection } from '../../../core/contract/connection.js'
import type { Receiver } from '../../../core/contract/receiver.js'
import type { ModuleScope } from '../../../core/contract/stage.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { RequestQueue } from '../../../core/queue/request-queue.js'
import queueModule from '../../../modules/queue/queue-stage.js'
import { Drive, makeConnection } from '../pipeline/drive.js'

/** A worker's end that does nothing with what it takes. */
class Puller implements Receiver {
  credits: number
  readonly taken: string[] = []

  constructor(credits: number) {
    this.credits = credits
  }

  get executing(): number {
    return this.taken.length
  }

  take(ctx: RequestContext): void {
    this.credits--
    this.taken.push(ctx.target)
  }

  send(): void {
    return
  }

  cancel(): void {
    return
  }

  forget(): void {
    return
  }
}

const standardStage = await queueModule.setup({} as ModuleScope, {})

/** A queue behind the standard stage, in a pipeline whose dispatch holds every request. */
class Door {
  readonly queue: RequestQueue
  readonly drive = new Drive({
    route: {
      run: (ctx) => {
        ctx.queue = this.queue
        return 'CONTINUE'
      },
    },
    queue: standardStage,
    dispatch: { run: () => 'PENDING' },
  })
  demands = 0

  constructor(limit = 10) {
    this.queue = new RequestQueue('pool', limit)
    this.queue.onDemand = () => {
      this.demands++
    }
  }

  ask(target: string, connection: Connection = makeConnection()): RequestContext {
    return this.drive.start({ target, connection })
  }

  attach(credits: number): Puller {
    const puller = new Puller(credits)
    this.queue.attach(puller)
    return puller
  }

  /** The puller has finished a request. */
  finish(puller: Puller, requests = 1): void {
    puller.credits += requests
    this.queue.credited(puller)
  }
}

t.test('a request is taken at once where a worker has a credit', async (test) => {
  const door = new Door()
  const puller = door.attach(2)
  const ctx = door.ask('/1')
  test.equal(ctx.state, 'dispatch')
  test.equal(ctx.receiver, puller)
  test.equal(ctx.connection.receiver, puller)
  test.equal(ctx.connection.receiverQueue, door.queue)
  test.equal(puller.credits, 1)
  test.equal(door.queue.length, 0)
})

t.test('without credit requests wait, and are taken in the order in which they came', async (test) => {
  const door = new Door()
  const puller = door.attach(1)
  const [first, second, third] = ['/1', '/2', '/3', '/4'].map((target) => door.ask(target))
  test.same([first?.state, second?.state, third?.state], ['dispatch', 'queue', 'queue'])
  test.equal(door.queue.length, 3)
  test.same(
    [...door.queue.contents].map(({ target }) => target),
    ['/2', '/3', '/4'],
  )
  door.finish(puller)
  test.same(puller.taken, ['/1', '/2'])
  test.match(second, { state: 'dispatch', receiver: puller })
  door.finish(puller, 5)
  test.same(puller.taken, ['/1', '/2', '/3', '/4'])
  test.equal(puller.credits, 3)
  test.equal(door.queue.length, 0)
})

t.test('a worker that attaches takes no more than it has credits', async (test) => {
  const door = new Door()
  for (const target of ['/1', '/2', '/3']) door.ask(target)
  test.same(door.attach(2).taken, ['/1', '/2'])
  test.equal(door.queue.length, 1)
})

t.test('a full queue answers 503 and closes, until there is room again', async (test) => {
  const door = new Door(2)
  door.ask('/1')
  const second = door.ask('/2')
  const demands = door.demands
  const third = door.ask('/3')
  test.match(third, { error: 'QUEUE_FULL', response: { status: 503, close: true } })
  test.equal(door.demands, demands, 'nobody else can help')
  door.drive.pipeline.abandon(second)
  test.equal(door.ask('/4').state, 'queue')
  test.equal(door.ask('/5').error, 'QUEUE_FULL')
  door.queue.limit = 3
  test.equal(door.ask('/6').state, 'queue')
})

t.test('a full queue does not matter to a request that need not wait', async (test) => {
  const door = new Door(0)
  door.attach(1)
  test.equal(door.ask('/1').state, 'dispatch')
  test.equal(door.ask('/2').error, 'QUEUE_FULL')
})

t.test('a request whose client went away is taken by nobody', async (test) => {
  const door = new Door()
  door.ask('/1')
  const gone = door.ask('/2')
  door.ask('/3')
  door.drive.pipeline.abandon(gone)
  test.equal(gone.error, 'CLIENT_GONE')
  test.same(door.attach(5).taken, ['/1', '/3'])
})

t.test('connections go to the workers in turn, and each keeps its own', async (test) => {
  const door = new Door()
  const pullers = [door.attach(100), door.attach(100), door.attach(100)]
  const connections = Array.from({ length: 6 }, makeConnection)
  for (const round of ['a', 'b']) connections.forEach((one, at) => door.ask(`${round}${at}`, one))
  test.same(
    pullers.map(({ taken }) => taken),
    [
      ['a0', 'a3', 'b0', 'b3'],
      ['a1', 'a4', 'b1', 'b4'],
      ['a2', 'a5', 'b2', 'b5'],
    ],
  )
})

t.test('a worker without credit loses its turn, and its connection to one that has some', async (test) => {
  const door = new Door()
  const [small, large] = [door.attach(1), door.attach(100)]
  const connection = makeConnection()
  for (const target of ['/1', '/2']) door.ask(target, connection)
  door.finish(small)
  door.ask('/3', connection)
  test.same([small.taken, large.taken], [['/1'], ['/2', '/3']])
  for (const target of ['/4', '/5', '/6']) door.ask(target)
  test.same(
    [small.taken, large.taken],
    [
      ['/1', '/4'],
      ['/2', '/3', '/5', '/6'],
    ],
  )
})

t.test('a worker that detached takes nothing more, whatever credits it gets back', async (test) => {
  const door = new Door()
  const puller = door.attach(1)
  const connection = makeConnection()
  door.ask('/1', connection)
  door.ask('/2', connection)
  door.queue.detach(puller)
  door.queue.detach(puller)
  door.finish(puller)
  test.equal(door.ask('/3', connection).state, 'queue')
  test.same(puller.taken, ['/1'])
  test.same(door.attach(9).taken, ['/2', '/3'])
})

t.test('the connection of a worker that is gone goes to another one', async (test) => {
  const door = new Door()
  const [first, second] = [door.attach(9), door.attach(9)]
  const connection = makeConnection()
  door.ask('/1', connection)
  door.queue.detach(first)
  door.ask('/2', connection)
  test.same([first.taken, second.taken], [['/1'], ['/2']])
})

t.test('demand is raised by whoever waits, and by each new connection', async (test) => {
  const door = new Door()
  door.ask('/1')
  test.equal(door.demands, 1, 'no worker yet')
  door.ask('/2')
  test.equal(door.demands, 2, 'still none')
  const puller = door.attach(1)
  test.equal(door.demands, 2, 'attaching a worker is no demand')
  door.finish(puller, 5)
  test.equal(door.demands, 2, 'nor is a credit')
  const connection = makeConnection()
  door.ask('/3', connection)
  test.equal(door.demands, 3, 'a new connection could be served by another worker of a web garden')
  door.ask('/4', connection)
  test.equal(door.demands, 3, 'a known connection stays where it is')
})

t.test('a connection that another queue knows is new to this one', async (test) => {
  const [one, other] = [new Door(), new Door()]
  one.attach(9)
  other.attach(9)
  const connection = makeConnection()
  one.ask('/1', connection)
  other.ask('/2', connection)
  one.ask('/3', connection)
  test.same([one.demands, other.demands], [2, 1])
})

t.test('a disabled queue refuses who waits and who comes, and raises no demand', async (test) => {
  const door = new Door()
  const waiting = [door.ask('/1'), door.ask('/2')]
  door.queue.disable()
  for (const ctx of waiting) test.match(ctx, { error: 'POOL_DISABLED', state: 'done' })
  test.equal(door.queue.length, 0)
  const demands = door.demands
  test.match(door.ask('/3'), { error: 'POOL_DISABLED', response: { status: 503, close: true } })
  test.equal(door.demands, demands)
  door.queue.enable()
  test.equal(door.ask('/4').state, 'queue')
})

t.test('a disabled queue leaves alone what a worker has', async (test) => {
  const door = new Door()
  door.attach(1)
  const ctx = door.ask('/1')
  door.queue.disable()
  test.equal(ctx.state, 'dispatch')
})

t.test('those who wait can be refused while later ones may hope', async (test) => {
  const door = new Door()
  const ctx = door.ask('/1')
  door.queue.refuseWaiting('UNAVAILABLE')
  test.match(ctx, { error: 'UNAVAILABLE', response: { status: 503 } })
  test.equal(door.ask('/2').state, 'queue')
})

t.test('whoever comes while others are being refused is not refused with them', async (test) => {
  const door = new Door()
  const first = door.ask('/1')
  let later: RequestContext | undefined
  door.drive.pipeline.onDone = (ctx) => {
    if (ctx === first) later = door.ask('/2')
  }
  door.queue.refuseWaiting('UNAVAILABLE')
  test.equal(later?.state, 'queue')
})

t.test('demand may be answered at once, with a worker or with a refusal', async (test) => {
  const door = new Door()
  door.queue.onDemand = () => {
    if (door.queue.length > 0) door.queue.attach(new Puller(5))
  }
  test.equal(door.ask('/1').state, 'dispatch')
  const refused = new Door()
  refused.queue.onDemand = () => {
    refused.queue.refuseWaiting('UNAVAILABLE')
  }
  const ctx = refused.ask('/1')
  test.match(ctx, { error: 'UNAVAILABLE', state: 'done' })
  test.equal(refused.queue.length, 0)
})

t.test('queues that share one limit are full together, and have room together', async (t) => {
  const together: RequestQueue[] = []
  const doors = [0, 1].map((number) => new RequestQueue(`host ${number}`, 3, together))
  const [one, other] = doors
  if (!one || !other) throw new Error('two queues')
  const waiting = Array.from(
    { length: 4 },
    () => ({ connection: makeConnection() }) as unknown as RequestContext,
  )
  const [first, second, third, fourth] = waiting as [
    RequestContext,
    RequestContext,
    RequestContext,
    RequestContext,
  ]
  t.same([one.enter(first), one.enter(second), other.enter(third)], ['WAITING', 'WAITING', 'WAITING'])
  t.equal(other.enter(fourth), 'FULL', 'though only one waits here')
  t.equal(one.enter(fourth), 'FULL')
  one.cancel(first)
  t.equal(other.enter(fourth), 'WAITING')
  t.same([one.length, other.length], [1, 2], 'each knows its own')
})
