/** A stage for any slot that throws when the request asks for it: what a stranger's module may do. */
import { defineStage } from 'webgarden'

export default defineStage({
  name: 'failing-stage',
  slot: ['validate', 'cache', 'route', 'queue', 'dispatch', 'log'],
  setup: () => ({
    run(ctx) {
      if (ctx.target === '/throw') throw new Error('thrown by a stage')
      if (ctx.target === '/reject') return Promise.reject(new Error('rejected by a stage'))
      return 'CONTINUE'
    },
  }),
})
