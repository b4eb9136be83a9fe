/** `recycling`: when a worker is replaced by a fresh one though nothing is wrong with it. */
import { Type } from 'typebox'
import { Flags, SECOND, TimeSpan } from './keywords.js'

export const recycling = Type.Object(
  {
    disallowOverlappingRotation: Type.Boolean({
      default: false,
      description: 'Whether the old worker must end before the new one starts.',
    }),
    disallowRotationOnConfigChange: Type.Boolean({
      default: false,
      description: 'Whether workers stay as they are when the configuration of their pool changes.',
    }),
    logEventOnRecycle: Flags(
      [
        'Time',
        'Requests',
        'Schedule',
        'Memory',
        'IsapiUnhealthy',
        'OnDemand',
        'ConfigChange',
        'PrivateMemory',
      ],
      {
        default: [
          'Time',
          'Requests',
          'Schedule',
          'Memory',
          'IsapiUnhealthy',
          'OnDemand',
          'ConfigChange',
          'PrivateMemory',
        ],
        description: 'Reasons that are told to the event log.',
      },
    ),
    periodicRestart: Type.Object(
      {
        time: TimeSpan({
          from: 0,
          to: 25_920_000 * SECOND,
          default: '1.05:00:00',
          description: 'A worker is replaced after so long; 0 is never.',
        }),
        requests: Type.Integer({
          minimum: 0,
          maximum: 4_294_967_295,
          default: 0,
          unit: 'requests',
          description: 'A worker is replaced after so many; 0 is never.',
        }),
        memory: Type.Integer({
          minimum: 0,
          maximum: 4_294_967_295,
          default: 0,
          unit: 'KB',
          description: 'A worker with more virtual memory is replaced; 0 is never.',
        }),
        privateMemory: Type.Integer({
          minimum: 0,
          maximum: 4_294_967_295,
          default: 0,
          unit: 'KB',
          description: 'A worker with more private memory is replaced; 0 is never.',
        }),
        schedule: Type.Array(Type.String({ pattern: '^([01]?\\d|2[0-3]):[0-5]\\d(:00)?$' }), {
          default: [],
          notSupportedYet: true,
          description: 'Local times of day, `hh:mm`, at which workers are replaced.',
        }),
      },
      { description: 'What makes a worker old.' },
    ),
  },
  { description: 'Replacing workers that work.' },
)
