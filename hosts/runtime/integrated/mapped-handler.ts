/** A handler of the application's `handlers`, loaded and ready. */
import type { HandlerSettings } from '../../../core/contract/messages.js'
import type { Outcome, SettledOutcome } from '../../../core/contract/stage.js'
import type { WorkerContext } from './worker-context.js'

export interface MappedHandler {
  readonly settings: HandlerSettings
  /** `PENDING`: it is done when the response is complete. */
  execute(ctx: WorkerContext): Outcome | Promise<SettledOutcome>
  close?(deadline: number): unknown
}
