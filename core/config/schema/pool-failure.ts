/** `failure`: what happens when workers fail, and to the requests they had. */
import { Type } from 'typebox'
import { MINUTE, SECOND, TimeSpan } from './keywords.js'

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
      notSupportedYet: true,
      description: 'Whether a worker that does not answer pings is kept for a debugger.',
    }),
    orphanActionExe: Type.String({
      default: '',
      notSupportedYet: true,
      description: 'Program that is run when a worker is orphaned.',
    }),
    orphanActionParams: Type.String({
      default: '',
      notSupportedYet: true,
      description: 'Its parameters; `%1%` is the process id of the orphan.',
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
  },
  { description: 'What happens when workers fail.' },
)
