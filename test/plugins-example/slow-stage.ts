/** A stage for the slots around the hand-over that takes its time: requests that a worker has taken and not got yet. */
import { setTimeout as pause } from 'node:timers/promises'
import { defineStage } from 'webgarden'

export default defineStage({
  name: 'slow-stage',
  slot: ['queue', 'dispatch'],
  setup: () => ({
    async run() {
      await pause(20)
      return 'CONTINUE' as const
    },
  }),
})
