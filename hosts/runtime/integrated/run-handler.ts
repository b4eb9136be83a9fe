/** Runs a handler for one request, from its control block to the end of its response. */
import type { HandlerModule, HandlerResult } from '../../../core/contract/handler.js'
import type { SettledOutcome } from '../../../core/contract/stage.js'
import type { WorkerScope } from '../../../core/contract/worker-module.js'
import { ControlBlock } from './control-block.js'
import type { WorkerContext } from './worker-context.js'

/** What the handler throws is for the pipeline to answer. */
export const runHandler = (
  handler: HandlerModule,
  ctx: WorkerContext,
  options: Readonly<Record<string, unknown>>,
  scope: WorkerScope,
): SettledOutcome | Promise<SettledOutcome> => {
  const ecb = new ControlBlock(ctx, options, scope)
  // As the author declares it; without `async` it may also have returned nothing.
  const result = handler.handle(ecb) as HandlerResult | Promise<HandlerResult>
  return result instanceof Promise || ecb.isBusy ? settle(ecb, result) : ecb.done(result)
}

/** A child that was not waited for still answers in this response. */
const settle = async (
  ecb: ControlBlock,
  result: HandlerResult | Promise<HandlerResult>,
): Promise<SettledOutcome> => {
  const status = await result
  await ecb.idle()
  return ecb.done(status)
}
