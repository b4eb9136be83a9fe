/** The standard stage of slot `queue`: a worker of the application's pool takes the request, or it waits for one. */
import { defineStage, RequestError } from '../../core/index.js'

export default defineStage({
  name: 'queue',
  slot: 'queue',
  setup: () => ({
    run(ctx) {
      const { queue } = ctx
      if (!queue) throw new RequestError('INTERNAL')
      switch (queue.enter(ctx)) {
        case 'TAKEN':
          return 'CONTINUE'
        case 'WAITING':
          return 'PENDING'
        case 'FULL':
          throw new RequestError(queue.refusal('FULL'))
        case 'DISABLED':
          throw new RequestError(queue.refusal('DISABLED'))
      }
    },
    cancel(ctx) {
      ctx.queue?.cancel(ctx)
    },
  }),
})
