/** The standard stage of slot `dispatch`: hands the request to the worker that has taken it and waits for the response. */
import { defineStage, RequestError } from '../../core/index.js'

export default defineStage({
  name: 'dispatch',
  slot: 'dispatch',
  setup: () => ({
    run(ctx) {
      if (!ctx.receiver) throw new RequestError('INTERNAL')
      ctx.receiver.send(ctx)
      return 'PENDING'
    },
    cancel(ctx) {
      ctx.receiver?.cancel(ctx)
    },
  }),
})
