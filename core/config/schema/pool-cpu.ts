/** `cpu`: how much processor time a pool may use, and where. */
import { Type } from 'typebox'
import { DAY, TimeSpan, UINT_MAX } from './keywords.js'

export const cpu = Type.Object(
  {
    limit: Type.Integer({
      minimum: 0,
      maximum: 100_000,
      default: 0,
      unit: '1/1000 percent',
      description: 'Most processor time of all processors that the pool may use; 0 is no limit.',
    }),
    action: Type.Enum(['NoAction', 'KillW3wp', 'Throttle', 'ThrottleUnderLoad'], {
      default: 'NoAction',
      notSupportedYet: ['ThrottleUnderLoad'],
      description:
        'What happens at the limit: NoAction tells it, KillW3wp shuts the pool down until the interval is over, Throttle slows it down.',
    }),
    resetInterval: TimeSpan({
      from: 0,
      to: DAY,
      default: '00:05:00',
      description: 'Time over which processor time is summed up; 0 is off.',
    }),
    smpAffinitized: Type.Boolean({
      default: false,
      description: 'Whether workers are bound to processors.',
    }),
    smpProcessorAffinityMask: Type.Integer({
      minimum: 1,
      maximum: UINT_MAX,
      default: UINT_MAX,
      description: 'Processors 0 to 31, one bit each.',
    }),
    smpProcessorAffinityMask2: Type.Integer({
      minimum: 1,
      maximum: UINT_MAX,
      default: UINT_MAX,
      description: 'Processors 32 to 63, one bit each.',
    }),
    smpAffinityPerWorker: Type.Boolean({
      default: false,
      description:
        'Whether each worker of a web garden is bound to one processor of the masks, another one for each in turn, instead of to all of them. Needs smpAffinitized.',
    }),
    processorGroup: Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      default: 0,
      notSupportedYet: true,
      description: 'Processor group of the workers.',
    }),
    numaNodeAssignment: Type.Enum(['MostAvailableMemory', 'WindowsScheduling'], {
      default: 'MostAvailableMemory',
      notSupportedYet: true,
      description: 'How a NUMA node is chosen.',
    }),
    numaNodeAffinityMode: Type.Enum(['Soft', 'Hard'], {
      default: 'Soft',
      notSupportedYet: true,
      description: 'Whether threads may leave their NUMA node.',
    }),
  },
  { description: 'Processor time of the pool.' },
)
