/** `configHistory`: whether the file is watched, and the copies of its earlier versions. */
import { Type } from 'typebox'
import { FilePath, SECOND, TimeSpan, UINT_MAX } from './keywords.js'

export const configHistory = Type.Object(
  {
    watch: Type.Boolean({
      default: true,
      description: 'Whether a change of the file is put in force at once; if not, `reload` and SIGHUP do it.',
    }),
    enabled: Type.Boolean({ default: true, description: 'Whether earlier versions are kept.' }),
    path: FilePath({
      default: 'history',
      description: 'Folder of the versions; made with the first change.',
    }),
    maxHistories: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 10,
      unit: 'versions',
      description: 'Versions that are kept; the oldest make room.',
    }),
    period: TimeSpan({
      from: SECOND,
      to: UINT_MAX * SECOND,
      default: '00:02:00',
      notSupportedYet: true,
      description: 'How often IIS looks for a change; here the file is watched.',
    }),
  },
  { description: 'Changes of this file while the server runs, and its earlier versions.' },
)
