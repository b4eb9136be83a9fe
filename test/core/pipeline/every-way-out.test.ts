/** However a request leaves a state, the way on is the table's, and the log runs exactly once. */
import t from 'tap'
import type { Outcome, Slot, Stage } from '../../../core/contract/stage.js'
import { RequestError } from '../../../core/errors.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { Drive, settled } from './drive.js'

type SlotBeforeLog = Exclude<Slot, 'log'>
const ORDER: readonly SlotBeforeLog[] = ['validate', 'cache', 'route', 'queue', 'dispatch']
const END = ['log', 'done']

/** The states that a request passes up to and with `slot`. */
const upTo = (slot: SlotBeforeLog): string[] => ORDER.slice(0, ORDER.indexOf(slot) + 1)
const after = (slot: SlotBeforeLog): string[] => ORDER.slice(ORDER.indexOf(slot) + 1)

const onward = (slot: SlotBeforeLog): string[] => [...upTo(slot), ...after(slot), 'respond 200', ...END]
const finished = (slot: SlotBeforeLog): string[] => [...upTo(slot), 'respond 200', ...END]
/** As docs/request-path.md has it: an error of the cache is a miss, all others are answered. */
const failed = (slot: SlotBeforeLog, answer: string): string[] =>
  slot === 'cache' ? onward(slot) : [...upTo(slot), answer, ...END]

const answer = <T extends Outcome>(ctx: RequestContext, outcome: T): T => {
  ctx.respond(200, [], null)
  return outcome
}

interface Way {
  readonly name: string
  readonly run: Stage['run']
  readonly cancel?: () => void
  /** What happens while the stage is pending. */
  readonly then?: (ctx: RequestContext, drive: Drive) => void
  readonly trace: (slot: SlotBeforeLog) => string[]
  readonly error?: string
  readonly win32Status?: number
}

const reject = (error: unknown): Promise<never> =>
  Promise.reject(error instanceof Error ? error : new Error('?'))

const ways: readonly Way[] = [
  { name: 'CONTINUE', run: (ctx) => answer(ctx, 'CONTINUE'), trace: onward },
  { name: 'FINISH', run: (ctx) => answer(ctx, 'FINISH'), trace: finished },
  {
    name: 'a promise of CONTINUE',
    run: (ctx) => Promise.resolve(answer(ctx, 'CONTINUE')),
    trace: onward,
  },
  { name: 'a promise of FINISH', run: (ctx) => Promise.resolve(answer(ctx, 'FINISH')), trace: finished },
  {
    name: 'PENDING, then resumed with CONTINUE',
    run: (ctx) => answer(ctx, 'PENDING'),
    then: (ctx) => {
      ctx.resume('CONTINUE')
    },
    trace: onward,
  },
  {
    name: 'PENDING, then resumed with FINISH',
    run: (ctx) => answer(ctx, 'PENDING'),
    then: (ctx) => {
      ctx.resume('FINISH')
    },
    trace: finished,
  },
  {
    name: 'PENDING, resumed while it is still running',
    run: (ctx) => {
      ctx.respond(200, [], null)
      ctx.resume('FINISH')
      return 'PENDING'
    },
    trace: finished,
  },
  {
    name: 'resumed while it is still running, and an outcome as well',
    run: (ctx) => {
      ctx.respond(200, [], null)
      ctx.resume('FINISH')
      return 'CONTINUE'
    },
    trace: finished,
  },
  {
    name: 'PENDING, resumed twice',
    run: (ctx) => answer(ctx, 'PENDING'),
    then: (ctx) => {
      ctx.resume('FINISH')
      ctx.resume('FINISH')
      ctx.resume('CONTINUE')
    },
    trace: finished,
  },
  {
    name: 'PENDING, resumed and then failed',
    run: (ctx) => answer(ctx, 'PENDING'),
    then: (ctx) => {
      ctx.resume('FINISH')
      ctx.fail('BAD_GATEWAY')
    },
    trace: finished,
  },
  {
    name: 'a promise that was resumed before it settled',
    run: (ctx) => {
      ctx.respond(200, [], null)
      return Promise.resolve().then(() => 'CONTINUE' as const)
    },
    then: (ctx) => {
      ctx.resume('FINISH')
    },
    trace: finished,
  },
  {
    name: 'an exception',
    run: (ctx) => {
      ctx.respond(200, [], null)
      throw new Error('a mistake')
    },
    trace: (slot) => failed(slot, 'respond 500'),
    error: 'INTERNAL',
  },
  {
    name: 'an exception after it was resumed',
    run: (ctx) => {
      ctx.respond(200, [], null)
      ctx.resume('FINISH')
      throw new Error('a mistake')
    },
    trace: finished,
  },
  {
    name: 'an error of the table, thrown',
    run: (ctx) => {
      ctx.respond(200, [], null)
      throw new RequestError('UNAVAILABLE')
    },
    trace: (slot) => failed(slot, 'respond 503'),
    error: 'UNAVAILABLE',
  },
  {
    name: 'a rejected promise',
    run: (ctx) => {
      ctx.respond(200, [], null)
      return reject(new Error('a mistake'))
    },
    trace: (slot) => failed(slot, 'respond 500'),
    error: 'INTERNAL',
  },
  {
    name: 'a promise rejected with an error of the table',
    run: (ctx) => {
      ctx.respond(200, [], null)
      return reject(new RequestError('BAD_GATEWAY'))
    },
    trace: (slot) => failed(slot, 'respond 502'),
    error: 'BAD_GATEWAY',
  },
  {
    name: 'PENDING, then failed',
    run: (ctx) => answer(ctx, 'PENDING'),
    then: (ctx) => {
      ctx.fail('BAD_GATEWAY')
    },
    trace: (slot) => failed(slot, 'respond 502'),
    error: 'BAD_GATEWAY',
  },
  {
    name: 'failed while it is still running',
    run: (ctx) => {
      ctx.respond(200, [], null)
      ctx.fail('BAD_GATEWAY')
      return 'PENDING'
    },
    trace: (slot) => failed(slot, 'respond 502'),
    error: 'BAD_GATEWAY',
  },
  {
    name: 'an error that means a reset',
    run: () => {
      throw new RequestError('WORKER_LOST')
    },
    trace: (slot) =>
      slot === 'cache'
        ? [...upTo(slot), ...after(slot), 'respond 0', ...END]
        : [...upTo(slot), 'respond reset', ...END],
    error: 'WORKER_LOST',
    win32Status: 1236,
  },
  {
    name: 'PENDING, and the client goes away',
    run: (ctx) => answer(ctx, 'PENDING'),
    cancel: () => undefined,
    then: (ctx, { pipeline }) => {
      pipeline.abandon(ctx)
      pipeline.abandon(ctx)
      ctx.resume('CONTINUE')
      ctx.fail('BAD_GATEWAY')
    },
    trace: (slot) => [...upTo(slot), `${slot} cancel`, ...END],
    error: 'CLIENT_GONE',
    win32Status: 64,
  },
  {
    name: 'PENDING, and the client of a stage that cannot be cancelled goes away',
    run: (ctx) => answer(ctx, 'PENDING'),
    then: (ctx, { pipeline }) => {
      pipeline.abandon(ctx)
    },
    trace: (slot) => [...upTo(slot), ...END],
    error: 'CLIENT_GONE',
    win32Status: 64,
  },
  {
    name: 'PENDING, the client goes away, and the cancelled stage resumes all the same',
    run: (ctx) => answer(ctx, 'PENDING'),
    cancel: () => {
      cancelled?.resume('FINISH')
    },
    then: (ctx, { pipeline }) => {
      cancelled = ctx
      pipeline.abandon(ctx)
    },
    trace: (slot) => [...upTo(slot), `${slot} cancel`, ...END],
    error: 'CLIENT_GONE',
    win32Status: 64,
  },
  {
    name: 'PENDING, the client goes away, and the stage throws when it is cancelled',
    run: (ctx) => answer(ctx, 'PENDING'),
    cancel: () => {
      throw new Error('a mistake')
    },
    then: (ctx, { pipeline }) => {
      pipeline.abandon(ctx)
    },
    trace: (slot) => [...upTo(slot), `${slot} cancel`, ...END],
    error: 'CLIENT_GONE',
    win32Status: 64,
  },
  {
    name: 'a promise, and the client goes away before it settles',
    run: (ctx) => Promise.resolve().then(() => answer(ctx, 'FINISH')),
    then: (ctx, { pipeline }) => {
      pipeline.abandon(ctx)
    },
    trace: (slot) => [...upTo(slot), ...END],
    error: 'CLIENT_GONE',
    win32Status: 64,
  },
  {
    name: 'a promise, and the client goes away before it is rejected',
    run: () => Promise.resolve().then(() => reject(new Error('a mistake'))),
    then: (ctx, { pipeline }) => {
      pipeline.abandon(ctx)
    },
    trace: (slot) => [...upTo(slot), ...END],
    error: 'CLIENT_GONE',
    win32Status: 64,
  },
]

let cancelled: RequestContext | undefined

for (const slot of ORDER) {
  t.test(`from the ${slot} state`, async (test) => {
    for (const way of ways) {
      await test.test(way.name, async (sub) => {
        const drive = new Drive({
          dispatch: { run: (ctx) => answer(ctx, 'CONTINUE') },
          [slot]: { run: way.run, ...(way.cancel && { cancel: way.cancel }) },
        })
        // A miss of the cache must still find a response at the end.
        const ctx = drive.start()
        way.then?.(ctx, drive)
        await settled()
        const trace = way
          .trace(slot)
          .map((entry) => (slot === 'cache' ? entry.replace(/ 0$/, ' 200') : entry))
        sub.same(drive.trace, trace)
        sub.equal(ctx.state, 'done')
        sub.equal(ctx.pending, false)
        sub.equal(ctx.completedAt, 1_000)
        const isMiss = slot === 'cache' && way.error !== 'CLIENT_GONE'
        sub.equal(ctx.error, isMiss ? null : (way.error ?? null))
        sub.equal(ctx.win32Status, isMiss ? 0 : (way.win32Status ?? 0))
      })
    }
  })
}
