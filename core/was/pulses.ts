/** Pings all event loops of one worker, and keeps what they answered last. */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import { ToWorker } from '../contract/messages.js'
import type { WorkerReceiver } from '../handover/worker-receiver.js'
import { Health } from './health.js'

export interface PulsesOptions {
  readonly clock: Clock
  readonly settings: PoolConfig['processModel']
  readonly receivers: readonly WorkerReceiver[]
  /** One of the loops does not turn any more. */
  readonly onSilent: () => void
}

export class Pulses {
  /** By lane; none before the start, or where nobody is to be pinged. */
  readonly all: Health[] = []
  private readonly options: PulsesOptions

  constructor(options: PulsesOptions) {
    this.options = options
  }

  /** Bytes in use in all threads as of their last answers. */
  get memory(): number {
    return this.all.reduce((sum, { pong }) => sum + (pong?.memory ?? 0), 0)
  }

  start(): void {
    const { clock, settings, receivers, onSilent } = this.options
    if (!settings.pingingEnabled) return
    for (const receiver of receivers) {
      const health = new Health({
        clock,
        interval: settings.pingInterval,
        responseTime: settings.pingResponseTime,
        ping: () => {
          receiver.tell([ToWorker.PING])
        },
        onSilent,
      })
      this.all.push(health)
      health.start()
    }
  }

  answered(lane: number, memory: number, utilisation: number): void {
    this.all[lane]?.answered(memory, utilisation)
  }

  stop(): void {
    for (const health of this.all) health.stop()
  }
}
