/** `recycling`: when a worker is replaced by a fresh one though nothing is wrong with it. */
import { Type } from 'typebox'
import { DAY, FilePath, Flags, HOUR, SECOND, TimeSpan } from './keywords.js'

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
        'FileChange',
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
          'FileChange',
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
          description: 'Local times of day, `hh:mm`, at which all workers are replaced.',
        }),
        jitter: TimeSpan({
          from: 0,
          to: DAY,
          default: '00:00:00',
          description:
            'Replacing by `time` or `schedule` comes later by a random part of this, so that pools do not recycle together.',
        }),
      },
      { description: 'What makes a worker old.' },
    ),
    onFileChange: Type.Object(
      {
        enabled: Type.Boolean({
          default: false,
          description: 'Whether all workers are replaced when files of their applications change.',
        }),
        paths: Type.Array(FilePath({ description: 'A file or folder.' }), {
          default: [],
          description:
            "What is watched. Where left out: the folders of the applications' modules, and their `physicalPath` where that is not the configuration's own folder.",
        }),
        delay: TimeSpan({
          from: 0,
          to: HOUR,
          default: '500ms',
          description: 'Nothing may have changed for so long before workers are replaced.',
        }),
      },
      { description: 'Replacing workers when their files change; IIS leaves that to ASP.NET.' },
    ),
  },
  { description: 'Replacing workers that work.' },
)
