/** `failure`: what happens when workers fail, and to the requests they had. */
import { Type } from 'typebox'
import { DAY, MINUTE, SECOND, TimeSpan } from './keywords.js'

export const failure = Type.Object(
  {
    inFlight: Type.Enum(['reset', '502', 'retrySafe'], {
      default: 'reset',
      description:
        "What becomes of a dead worker's requests: a reset connection, or 502 where no answer had begun. retrySafe: a GET or HEAD of which nothing was answered is given once to another worker, the others are reset.",
    }),
    loadBalancerCapabilities: Type.Enum(['HttpLevel', 'TcpLevel'], {
      default: 'HttpLevel',
      description: 'How a disabled pool answers: with 503, or by resetting the connection.',
    }),
    orphanWorkerProcess: Type.Boolean({
      default: false,
      description:
        'Whether a worker that fails a ping or a time limit is cut off and kept for a debugger instead of ended.',
    }),
    orphanActionExe: Type.String({
      default: '',
      description: 'Program that is run when a worker is orphaned.',
    }),
    orphanActionParams: Type.String({
      default: '',
      description:
        'Its parameters: `%1` (or `%1%`) is the process id of the orphan, `%2` the reason, `%3` the pool, `%4` the worker.',
    }),
    rapidFailProtection: Type.Boolean({
      default: true,
      description: 'Whether a pool whose workers fail again and again is disabled.',
    }),
    rapidFailProtectionInterval: TimeSpan({
      from: MINUTE,
      to: 8_640_000 * SECOND,
      default: '00:05:00',
      description: 'Time in which the failures are counted.',
    }),
    rapidFailProtectionMaxCrashes: Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      default: 5,
      unit: 'failures',
      description: 'So many failures within the interval disable the pool.',
    }),
    autoShutdownExe: Type.String({
      default: '',
      description: 'Program that is run when the pool is disabled.',
    }),
    autoShutdownParams: Type.String({ default: '', description: 'Its parameters.' }),
    selfHealing: Type.Object(
      {
        enabled: Type.Boolean({
          default: false,
          description: 'Whether a pool that rapid-fail protection has disabled is tried again by itself.',
        }),
        firstPause: TimeSpan({
          from: SECOND,
          to: DAY,
          default: '00:01:00',
          description: 'Time until the first trial; each trial that fails doubles it.',
        }),
        longestPause: TimeSpan({
          from: SECOND,
          to: 30 * DAY,
          default: '01:00:00',
          description: 'It grows no longer than this.',
        }),
      },
      { description: 'Trial starts of a pool that rapid-fail protection has disabled; IIS has none.' },
    ),
  },
  { description: 'What happens when workers fail.' },
)
