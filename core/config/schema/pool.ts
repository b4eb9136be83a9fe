/** `applicationPools` and `applicationPoolDefaults`: how the workers of one pool are kept. */
import { Type } from 'typebox'
import { cpu } from './pool-cpu.js'
import { failure } from './pool-failure.js'
import { FilePath, Formed, SECOND, TimeSpan, Variables } from './keywords.js'
import { processModel } from './pool-process-model.js'
import { recycling } from './pool-recycling.js'

/** What `applicationPoolDefaults` may hold: everything but the name. */
export const poolSettings = {
  queueLength: Type.Integer({
    minimum: 10,
    maximum: 65_535,
    default: 1000,
    unit: 'requests',
    description: 'Requests that may wait for a worker; the next one is answered 503.',
  }),
  queueTimeout: TimeSpan({
    from: 0,
    to: 65_535 * SECOND,
    default: '00:02:00',
    description: 'A request that has waited for a worker for so long is answered 503; 0 is never.',
  }),
  autoStart: Type.Boolean({
    default: true,
    description: 'Whether the pool is started with the server. A stopped pool answers 503.',
  }),
  startMode: Type.Enum(['OnDemand', 'AlwaysRunning'], {
    default: 'OnDemand',
    description:
      'OnDemand: the first request starts a worker. AlwaysRunning: there is always one, with all applications loaded.',
  }),
  isolation: Type.Enum(['thread', 'process'], {
    default: 'thread',
    description: 'What a worker is: threads of the server, or a process of its own.',
  }),
  concurrentRequests: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 256,
    unit: 'requests',
    description: 'Requests that one worker takes before it must give one back; more wait in the queue.',
  }),
  loadBalancing: Type.String({
    minLength: 1,
    default: 'roundRobin',
    description:
      'How connections are given to the workers of a web garden: `roundRobin`, `leastBusy`, or the name of a module made with defineBalancer.',
  }),
  resourceLimits: Type.Object(
    {
      maxOldGenerationSizeMb: Type.Optional(
        Type.Number({ minimum: 1, unit: 'MB', description: 'Largest main heap of one thread.' }),
      ),
      maxYoungGenerationSizeMb: Type.Optional(
        Type.Number({ minimum: 1, unit: 'MB', description: 'Largest heap of young objects of one thread.' }),
      ),
      codeRangeSizeMb: Type.Optional(
        Type.Number({ minimum: 1, unit: 'MB', description: 'Memory range for generated code.' }),
      ),
      stackSizeMb: Type.Optional(
        Type.Number({
          minimum: 1,
          maximum: 64,
          unit: 'MB',
          description: 'Stack of one thread; Node gives 4.',
        }),
      ),
    },
    { description: "Limits of one worker thread; without them Node's own apply." },
  ),
  environmentVariables: Variables({ description: 'Environment variables of all workers of the pool.' }),
  nodeOptions: Type.Array(Type.String(), {
    default: [],
    description: 'Flags of node for workers that are processes.',
  }),
  nodePath: Type.Optional(
    FilePath({
      description: "Node binary for workers that are processes; the server's own where there is none.",
    }),
  ),
  processModel,
  recycling,
  failure,
  cpu,
  enable32BitAppOnWin64: Type.Boolean({
    default: false,
    notSupportedYet: true,
    description: 'Bitness of the worker on Windows.',
  }),
  managedRuntimeVersion: Type.String({
    default: '',
    notSupportedYet: true,
    description: 'Version of the .NET runtime; here Node runs every worker.',
  }),
  managedRuntimeLoader: Type.String({
    default: 'webengine4.dll',
    notSupportedYet: true,
    description: 'What loads the .NET runtime.',
  }),
  enableConfigurationOverride: Type.Boolean({
    default: true,
    notSupportedYet: true,
    description: 'Whether web.config files are read for the pool.',
  }),
  managedPipelineMode: Type.Enum(['Integrated', 'Classic'], {
    default: 'Integrated',
    notSupportedYet: true,
    description: 'Whether filters and handlers share one pipeline in the worker.',
  }),
  CLRConfigFile: Type.String({
    default: '',
    notSupportedYet: true,
    description: 'Configuration file of the .NET runtime.',
  }),
  passAnonymousToken: Type.Boolean({
    default: true,
    notSupportedYet: true,
    description: 'Whether the worker gets the token of the anonymous user.',
  }),
}

export const poolDefaults = Type.Object(poolSettings, {
  description: 'What each application pool begins with.',
})

export const pool = Type.Object({
  name: Formed('applicationPoolName', { description: 'Name of the pool, at most 64 characters.' }),
  ...poolSettings,
})
