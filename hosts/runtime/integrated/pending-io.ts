/** What a control block waits for, so that it can be called off. */
import type { EventEmitter } from 'node:events'

export class PendingIo {
  private readonly waits = new Set<(error: Error) => void>()
  /** Raised at each `cancel`: what is made of several steps ends between two of them. */
  private round = 0

  /** Resolves at the first of these events. */
  wait(emitter: EventEmitter, events: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.waits.delete(fail)
        for (const event of events) emitter.off(event, happened)
      }
      const happened = (): void => {
        stop()
        resolve()
      }
      const fail = (error: Error): void => {
        stop()
        reject(error)
      }
      this.waits.add(fail)
      for (const event of events) emitter.on(event, happened)
    })
  }

  /** @returns a function that throws once `cancel` has been called. */
  begin(): () => void {
    const { round } = this
    return () => {
      if (this.round !== round) throw cancelled()
    }
  }

  cancel(): void {
    this.round++
    for (const fail of [...this.waits]) fail(cancelled())
  }
}

const cancelled = (): Error =>
  Object.assign(new Error('The operation was cancelled (cancelIo)'), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  })

export const connectionReset = (): Error =>
  Object.assign(new Error('The client has gone'), { code: 'ECONNRESET' })
