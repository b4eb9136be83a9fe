/** Holds a worker process to its share of processor time by stopping and continuing it: `cpu.action` Throttle. */
import { processorTime } from './processor-time.js'

/** Milliseconds between two looks: short against what a client would call a pause. */
const LOOK = 50

/** Milliseconds of processor time that may be saved up, so that a short burst is not slowed down. */
const SAVED = 200

export class DutyCycle {
  private readonly pid: number
  /** Processors that it may use: 0.5 is half of one. */
  private readonly share: number
  private readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => void
  private readonly onHeld: () => void
  private timer: NodeJS.Timeout | undefined
  private stopped = false
  private credit = SAVED
  private seen = 0
  private at = performance.now()

  /** @param onHeld - runs each time that it is stopped. */
  constructor(pid: number, share: number, signal: (name: 'SIGSTOP' | 'SIGCONT') => void, onHeld: () => void) {
    this.pid = pid
    this.share = share
    this.signal = signal
    this.onHeld = onHeld
  }

  start(): void {
    this.timer = setInterval(() => {
      this.look()
    }, LOOK).unref()
  }

  end(): void {
    clearInterval(this.timer)
  }

  private look(): void {
    const used = processorTime(this.pid)
    if (used === undefined) return
    const now = performance.now()
    this.credit = Math.min(SAVED, this.credit + (now - this.at) * this.share - (used - this.seen))
    this.at = now
    this.seen = used
    const hold = this.credit <= 0
    if (hold === this.stopped) return
    this.stopped = hold
    this.signal(hold ? 'SIGSTOP' : 'SIGCONT')
    if (hold) this.onHeld()
  }
}
