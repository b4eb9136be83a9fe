/** `logWorker`: the thread that a log module runs in, and how much it may cost. */
import { Type } from 'typebox'
import { HOUR, SECOND, TimeSpan } from './keywords.js'

export const logWorker = Type.Object(
  {
    maxWaiting: Type.Integer({
      minimum: 65_536,
      maximum: 1_073_741_824,
      default: 16_777_216,
      unit: 'bytes',
      description:
        'Records that the module has not taken yet wait in memory, so many at most; what comes on top is lost.',
    }),
    writeTimeLimit: TimeSpan({
      from: 100,
      to: HOUR,
      default: '30s',
      description:
        'A module that takes longer for a batch, or for its set-up, has stalled: its worker is replaced.',
    }),
    shutdownTimeLimit: TimeSpan({
      from: 0,
      to: 600 * SECOND,
      default: '5s',
      description: 'What the module has not taken when the server has been stopping for so long is lost.',
    }),
    maxOldGenerationSizeMb: Type.Integer({
      minimum: 8,
      maximum: 65_536,
      default: 256,
      unit: 'MB',
      description: 'Largest heap of the worker.',
    }),
  },
  { description: 'The worker of a log module.' },
)
