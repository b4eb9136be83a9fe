/** Asks one event loop at intervals whether it still turns, and judges from outside by what comes back, or does not. */
import type { Clock } from '../clock.js'

/** What a worker says of itself in answer to a ping; its runtime measures it, no application has a part in it. */
export interface Pong {
  /** Heap in use plus memory outside it, of this event loop's isolate, in bytes. */
  readonly memory: number
  /** Share of the time since the last ping that the event loop was busy: 0 to 1. */
  readonly utilisation: number
  /** When it arrived, milliseconds since the epoch. */
  readonly at: number
}

export interface HealthOptions {
  readonly clock: Clock
  /** Milliseconds between an answer and the next ping (pingInterval). */
  readonly interval: number
  /** Milliseconds that an answer may take (pingResponseTime). */
  readonly responseTime: number
  readonly ping: () => void
  /** No answer came in time. Called once; no further ping follows. */
  readonly onSilent: () => void
}

/** A timer that fires so much too late says that the server itself was held up, and nothing about the worker. */
const HELD_UP = 1000

export class Health {
  /** The last answer. */
  pong: Pong | null = null
  private readonly options: HealthOptions
  private cancel: () => void = () => undefined

  constructor(options: HealthOptions) {
    this.options = options
  }

  /** The first ping comes after one interval. */
  start(): void {
    this.cancel = this.options.clock.after(this.options.interval, () => {
      this.options.ping()
      this.await(this.options.responseTime)
    })
  }

  answered(memory: number, utilisation: number): void {
    this.pong = { memory, utilisation, at: this.options.clock.now() }
    this.cancel()
    this.start()
  }

  stop(): void {
    this.cancel()
  }

  private await(milliseconds: number): void {
    const { clock, onSilent } = this.options
    const due = clock.now() + milliseconds
    this.cancel = clock.after(milliseconds, () => {
      // What came meanwhile has not been read yet: it gets the chance to be.
      if (clock.now() - due > HELD_UP) this.await(HELD_UP)
      else onSilent()
    })
  }
}
