/** `logFile`: the access log of one site. */
import { Type } from 'typebox'
import { DAY, FilePath, Flags, TimeSpan, UINT_MAX } from './keywords.js'

/** Names of the W3C fields, in the order of their bits. */
export const logFlags = [
  'Date',
  'Time',
  'ClientIP',
  'UserName',
  'SiteName',
  'ComputerName',
  'ServerIP',
  'Method',
  'UriStem',
  'UriQuery',
  'HttpStatus',
  'Win32Status',
  'BytesSent',
  'BytesRecv',
  'TimeTaken',
  'ServerPort',
  'UserAgent',
  'Cookie',
  'Referer',
  'ProtocolVersion',
  'Host',
  'HttpSubStatus',
] as const

const customField = Type.Object({
  logFieldName: Type.String({ minLength: 1, description: 'Name of the field in the log.' }),
  sourceName: Type.String({ minLength: 1, description: 'Name of the header or server variable.' }),
  sourceType: Type.Enum(['RequestHeader', 'ResponseHeader', 'ServerVariable'], {
    default: 'RequestHeader',
    description: 'Where the value comes from.',
  }),
})

const standardFlags = [
  'Date',
  'Time',
  'ClientIP',
  'UserName',
  'ServerIP',
  'Method',
  'UriStem',
  'UriQuery',
  'TimeTaken',
  'HttpStatus',
  'Win32Status',
  'ServerPort',
  'UserAgent',
  'HttpSubStatus',
  'Referer',
] as const

/** IIS keeps old logs until somebody deletes them. */
const retention = Type.Object(
  {
    maxFiles: Type.Integer({
      minimum: 0,
      maximum: UINT_MAX,
      default: 0,
      unit: 'files',
      description: 'Old files that are kept, beside the one in use; 0 is all.',
    }),
    maxAge: TimeSpan({
      from: 0,
      to: 36_500 * DAY,
      default: '00:00:00',
      description: 'An old file is deleted so long after its last line; 0 is never.',
    }),
    compress: Type.Boolean({
      default: false,
      description: 'Whether old files are compressed, to `<name>.gz`.',
    }),
  },
  { description: 'What becomes of files that have ended. Beyond IIS.' },
)

/** When files begin and end: the same for all access logs. */
const rollover = {
  period: Type.Enum(['Hourly', 'Daily', 'Weekly', 'Monthly', 'MaxSize'], {
    default: 'Daily',
    description: 'When a new file is begun.',
  }),
  truncateSize: Type.Integer({
    minimum: 1_048_576,
    maximum: UINT_MAX,
    default: 20_971_520,
    unit: 'bytes',
    description: 'Size at which a new file is begun with period MaxSize; 4294967295 is never.',
  }),
  localTimeRollover: Type.Boolean({
    default: false,
    description: 'Whether days begin by local time instead of UTC.',
  }),
  retention,
}

const centralDirectory = FilePath({ default: 'logs', description: 'Folder that holds the folder `W3SVC`.' })

/** `log.centralBinaryLogFile`. */
export const centralBinaryLogFile = Type.Object(
  {
    enabled: Type.Boolean({
      default: false,
      description: 'Whether requests are logged with centralLogFileMode CentralBinary.',
    }),
    directory: centralDirectory,
    ...rollover,
  },
  { description: 'The binary log of all sites.' },
)

/** `log.centralW3CLogFile`. */
export const centralW3CLogFile = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Whether requests are logged with centralLogFileMode CentralW3C.',
    }),
    directory: centralDirectory,
    ...rollover,
    logExtFileFlags: Flags(logFlags, {
      default: [...standardFlags, 'SiteName'],
      description: 'Fields; their order in the log is fixed.',
    }),
  },
  { description: 'The W3C log of all sites.' },
)

export const logFile = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Whether requests are logged.' }),
    directory: FilePath({
      default: 'logs',
      description: 'Folder that holds one folder `W3SVC<id>` for each site.',
    }),
    logFormat: Type.Enum(['W3C', 'IIS', 'NCSA', 'JSON', 'Custom'], {
      default: 'W3C',
      description:
        'Format of the log; JSON, one object for each line, is beyond IIS. Custom: no file, only what log modules write.',
    }),
    logExtFileFlags: Flags(logFlags, {
      default: standardFlags,
      description: 'Fields of a W3C or JSON log; their order in the log is fixed.',
    }),
    ...rollover,
    logSiteId: Type.Boolean({
      default: true,
      description: 'Whether s-sitename is `W3SVC<id>` instead of the name of the site.',
    }),
    flushByEntryCountW3CLog: Type.Integer({
      minimum: 0,
      maximum: UINT_MAX,
      default: 0,
      unit: 'lines',
      description:
        'The buffer is written after so many lines; 0 is when it is full or has waited long enough.',
    }),
    maxLogLineLength: Type.Integer({
      minimum: 2,
      maximum: 65_536,
      default: 65_536,
      unit: 'bytes',
      description: 'A longer line is cut.',
    }),
    customFields: Type.Object(
      {
        maxCustomFieldLength: Type.Integer({
          minimum: 2,
          maximum: 65_536,
          default: 4096,
          unit: 'bytes',
          description: 'A longer value is cut.',
        }),
        fields: Type.Array(customField, { default: [], description: 'The fields, in the order of the log.' }),
      },
      { description: 'Fields beside the standard ones.' },
    ),
    modules: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        uniqueItems: true,
        description:
          'Log modules of `pipeline.log` that get the records of the site. All of them where left out.',
      }),
    ),
    logTargetW3C: Flags(['File', 'ETW'], {
      default: ['File'],
      notSupportedYet: true,
      description: 'Where W3C records go.',
    }),
    customLogPluginClsid: Type.String({
      default: '',
      notSupportedYet: true,
      description: 'COM class that writes a custom log; here a log module does that.',
    }),
  },
  { description: 'The access log.' },
)
