/** The request queue of one application pool: requests wait here, workers take from here, nothing else joins the two. */
import type { Balance } from '../contract/balancer.js'
import type { Receiver } from '../contract/receiver.js'
import type { Application } from '../namespace/application.js'
import type { RequestContext } from '../pipeline/request-context.js'

/** Why a queue has no worker for a request: rows of the table of errors. */
export type Refusal =
  'POOL_DISABLED' | 'APP_OFFLINE' | 'APP_SHUTDOWN' | 'QUEUE_FULL' | 'QUEUE_TIMEOUT' | 'UNAVAILABLE'

/** Why a pool is out of service. */
export type Disabled = 'POOL_DISABLED' | 'APP_OFFLINE' | 'APP_SHUTDOWN'

/** What became of a request at the door: a worker has it, it waits, or there is no room, or the pool is off. */
export type Entry = 'TAKEN' | 'WAITING' | 'FULL' | 'DISABLED'

/**
 * Workers pull: each attached receiver has credits, and a request goes to a receiver with a credit or waits. Requests of
 * different connections go round robin and a connection keeps its worker (as in an IIS 6 web garden).
 *
 * After `enter` has answered `TAKEN`, `ctx.receiver` is set. After `WAITING`, the request is resumed with `CONTINUE`
 * once a receiver has taken it, or failed when the queue is disabled. A request that a worker gave back when it ended has
 * been let in before: it waits in front of all others, above the limit if need be.
 */
export class RequestQueue {
  readonly name: string
  /** Most requests that may wait (pool's queueLength), in all queues that share it. */
  limit: number
  /** Raised when a request waits, or a new connection comes, that more workers could serve. */
  onDemand: () => void = () => undefined
  /** TcpLevel: whoever is refused is reset instead of answered, so that a load balancer sees it. */
  resets = false
  /** Which of several workers gets a request; null is the next in turn. */
  balance: Balance | null = null
  /** Told when `balance` fails; the next in turn is taken then. */
  onBalanceFailed: (error: unknown) => void = () => undefined
  /** Counts the workers that have ended or were told to. */
  edition = 0
  /** Told of each new edition. */
  onEdition: () => void = () => undefined
  /** Told whenever a request begins to wait. */
  onWait: () => void = () => undefined
  /** Requests that wait elsewhere for what one of those here fetches: they have their places in it too. */
  outside = 0
  private enabled = true
  private disabledBy: Refusal = 'POOL_DISABLED'
  private readonly waiting = new Set<RequestContext>()
  private readonly receivers: Receiver[] = []
  private turn = 0
  private readonly together: RequestQueue[]

  /** @param together - queues that share one limit, which this one joins: all of the server in IIS 5 mode. */
  constructor(name: string, limit: number, together: RequestQueue[] = []) {
    this.name = name
    this.limit = limit
    this.together = together
    together.push(this)
  }

  /** Whether requests are let in. */
  get isEnabled(): boolean {
    return this.enabled
  }

  /** Requests that no worker has taken yet. */
  get length(): number {
    return this.waiting.size
  }

  /** Whether one more may wait. */
  get hasRoom(): boolean {
    return this.enabled && this.countTogether() < this.limit
  }

  /** The requests that wait, oldest first. */
  get contents(): Iterable<RequestContext> {
    return this.waiting
  }

  /** A request comes: it is given to a worker, waits, or is refused. */
  enter(ctx: RequestContext): Entry {
    if (!this.enabled) return 'DISABLED'
    const known = ctx.connection.receiverQueue === this
    const receiver = this.choose(ctx)
    if (receiver) {
      this.give(ctx, receiver)
      if (!known) this.onDemand()
      return 'TAKEN'
    }
    if (ctx.retried) this.addFirst(ctx)
    else if (this.countTogether() >= this.limit) return 'FULL'
    else this.waiting.add(ctx)
    this.onWait()
    this.onDemand()
    return 'WAITING'
  }

  /** Takes a waiting request out, because its client went away. */
  cancel(ctx: RequestContext): void {
    this.waiting.delete(ctx)
  }

  /** An application has moved to another pool: its requests that wait here go there, and wait in that turn. */
  passOn(application: Application, to: RequestQueue): void {
    for (const ctx of [...this.waiting]) {
      if (ctx.application !== application) continue
      this.waiting.delete(ctx)
      ctx.queue = to
      const entry = to.enter(ctx)
      if (entry === 'TAKEN') ctx.resume('CONTINUE')
      else if (entry !== 'WAITING') ctx.fail(to.refusal(entry))
    }
  }

  /** A worker that is ready starts to pull. */
  attach(receiver: Receiver): void {
    this.receivers.push(receiver)
    this.credited(receiver)
  }

  /** It takes no more; what it has taken stays with it. */
  detach(receiver: Receiver): void {
    const index = this.receivers.indexOf(receiver)
    if (index < 0) return
    this.receivers.splice(index, 1)
    this.edition++
    this.onEdition()
  }

  /** Whether this worker still takes requests. */
  has(receiver: Receiver): boolean {
    return this.receivers.includes(receiver)
  }

  /** The receiver has a credit again: it takes what has waited longest, unless it was detached. */
  credited(receiver: Receiver): void {
    for (const ctx of this.waiting) {
      // What it has taken last may have been as much as it may: then it was detached.
      if (receiver.credits <= 0 || !this.receivers.includes(receiver)) return
      this.waiting.delete(ctx)
      this.give(ctx, receiver)
      ctx.resume('CONTINUE')
    }
  }

  /** Requests are let in again. */
  enable(): void {
    this.enabled = true
  }

  /** The pool is out of service: everyone who waits, and whoever comes, is refused. */
  disable(why: Disabled = 'POOL_DISABLED'): void {
    this.enabled = false
    this.disabledBy = why
    this.refuseWaiting(why)
  }

  /** No worker can be had for those who wait now; later ones may be luckier. */
  refuseWaiting(code: Refusal): void {
    for (const ctx of [...this.waiting]) {
      this.waiting.delete(ctx)
      ctx.fail(this.errorOf(code))
    }
  }

  /** What whoever entered in vain is told. */
  refusal(entry: 'FULL' | 'DISABLED'): Refusal | 'REFUSED' {
    return this.errorOf(entry === 'FULL' ? 'QUEUE_FULL' : this.disabledBy)
  }

  /** Nobody waits longer than that: refuses those who came before `since`; answers when the oldest of the others came. */
  refuseOlder(since: number): number | null {
    let oldest: number | null = null
    for (const ctx of [...this.waiting]) {
      if (ctx.receivedAt <= since) {
        this.waiting.delete(ctx)
        ctx.fail(this.errorOf('QUEUE_TIMEOUT'))
      } else oldest = Math.min(oldest ?? Infinity, ctx.receivedAt)
    }
    return oldest
  }

  private errorOf(code: Refusal): Refusal | 'REFUSED' {
    return this.resets ? 'REFUSED' : code
  }

  private countTogether(): number {
    let count = 0
    for (const { waiting, outside } of this.together) count += waiting.size + outside
    return count
  }

  /** It has had its place, and its turn, before. */
  private addFirst(ctx: RequestContext): void {
    const others = [...this.waiting]
    this.waiting.clear()
    this.waiting.add(ctx)
    for (const other of others) this.waiting.add(other)
  }

  private give(ctx: RequestContext, receiver: Receiver): void {
    ctx.receiver = receiver
    ctx.connection.receiver = receiver
    ctx.connection.receiverQueue = this
    receiver.take(ctx)
  }

  /** What it answers, if that is a worker that can take a request. */
  private askBalance(balance: Balance, ctx: RequestContext): Receiver | undefined {
    const able = this.receivers.filter(({ credits }) => credits > 0)
    if (able.length === 0) return undefined
    try {
      const chosen = balance(able, ctx)
      return chosen && able.includes(chosen) ? chosen : undefined
    } catch (error) {
      this.onBalanceFailed(error)
      return undefined
    }
  }

  /** The connection's own worker if it can take one more, else the next in turn that can. */
  private choose(ctx: RequestContext): Receiver | undefined {
    const { connection } = ctx
    if (connection.receiverQueue === this && connection.receiver) {
      const own = connection.receiver
      if (own.credits > 0 && this.receivers.includes(own)) return own
    }
    const { receivers } = this
    if (this.balance && receivers.length > 1) {
      const chosen = this.askBalance(this.balance, ctx)
      if (chosen) return chosen
    }
    for (let i = 0; i < receivers.length; i++) {
      const receiver = receivers[(this.turn + i) % receivers.length]
      if (receiver && receiver.credits > 0) {
        this.turn = (this.turn + i + 1) % receivers.length
        return receiver
      }
    }
    return undefined
  }
}
