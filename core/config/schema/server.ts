/** The whole of `applicationHost.json`. */
import { Type } from 'typebox'
import { applicationDefaults } from './application.js'
import { caching } from './caching.js'
import { configHistory } from './config-history.js'
import { control } from './control.js'
import { globalFilters } from './extensions.js'
import { logWorker } from './log-worker.js'
import { FilePath, ModulePath, OneOrMany, Options } from './keywords.js'
import { centralBinaryLogFile, centralW3CLogFile } from './log-file.js'
import { pool, poolDefaults } from './pool.js'
import { requestFiltering } from './request-filtering.js'
import { site, siteDefaults } from './site.js'
import { webLimits } from './web-limits.js'

export const moduleEntry = Type.Object({
  name: Type.String({
    minLength: 1,
    description: 'The name by which `pipeline` and `type` call the module.',
  }),
  module: Type.Optional(
    ModulePath({
      description: 'File or package. Left out: the standard module of that name, with these options.',
    }),
  ),
  options: Options({ description: 'Options of the module, checked against its own schema.' }),
  logWorker,
})

const pipeline = Type.Object(
  {
    validate: Type.Optional(OneOrMany({ description: 'Is the request well-formed and allowed?' })),
    cache: Type.Optional(OneOrMany({ description: 'Is there an answer already?' })),
    route: Type.Optional(OneOrMany({ description: 'Which site, application and pool?' })),
    queue: Type.Optional(OneOrMany({ description: 'Wait for a worker of that pool.' })),
    dispatch: Type.Optional(OneOrMany({ description: 'Hand over to the worker, await the response.' })),
    log: Type.Optional(OneOrMany({ description: 'Write down what happened.' })),
  },
  { description: 'Modules of each slot, run in order. A slot left out has the standard module.' },
)

const log = Type.Object(
  {
    logInUTF8: Type.Boolean({ default: true, description: 'Whether text logs are UTF-8, named `u_...`.' }),
    centralLogFileMode: Type.Enum(['Site', 'CentralBinary', 'CentralW3C'], {
      default: 'Site',
      description: 'One log for each site, or one for all.',
    }),
    errorLoggingDir: Type.Optional(
      FilePath({
        description:
          "Folder that holds the HTTP error log's folder `HTTPERR`. The sites' log folder where left out.",
      }),
    ),
    centralBinaryLogFile,
    centralW3CLogFile,
  },
  { description: 'Logging of the whole server.' },
)

const eventLog = Type.Object(
  {
    file: Type.Optional(FilePath({ description: 'File that gets each event as one line of JSON.' })),
    level: Type.Enum(['info', 'warning', 'error'], {
      default: 'info',
      description: 'The least important events that are written.',
    }),
  },
  { description: 'What the server has to say to the administrator.' },
)

const notYetSection = (description: string) =>
  Type.Optional(Type.Unsafe<unknown>({ notSupportedYet: true, description }))

export const server = Type.Object({
  isolationMode: Type.Enum(['workerProcess', 'iis5'], {
    default: 'workerProcess',
    description:
      'workerProcess: applications run in the workers of their pools (IIS 6). iis5: where their `appIsolated` says, without pools (IIS 5). One mode for the whole server; a change needs its restart.',
  }),
  modules: Type.Array(moduleEntry, {
    default: [],
    description: 'Stages, adapters and logs beside the standard ones.',
  }),
  pipeline,
  applicationPoolDefaults: poolDefaults,
  applicationPools: Type.Array(pool, { default: [], description: 'The application pools.' }),
  filters: globalFilters,
  applicationDefaults,
  siteDefaults,
  sites: Type.Array(site, { minItems: 1, description: 'The sites.' }),
  requestFiltering,
  webLimits,
  log,
  caching,
  eventLog,
  control,
  listenerAdapters: notYetSection('Protocols beside http.'),
  configHistory,
  customMetadata: notYetSection('Leftovers of the metabase.'),
  serviceAutoStartProviders: notYetSection('What starts applications with the server.'),
})
