/** What the control service tells of the running server: the shapes that it, its description and the command line share. */
import { Type, type Static } from 'typebox'

const Milliseconds = (description: string) => Type.Number({ description: `${description}, in milliseconds.` })
const Bytes = (description: string) => Type.Number({ description: `${description}, in bytes.` })
const Time = (description: string) =>
  Type.Number({ description: `${description}, in milliseconds since the epoch.` })
const Count = (description: string) => Type.Integer({ minimum: 0, description: `${description}.` })
const Text = (description: string) => Type.String({ description: `${description}.` })

const siteState = Type.Enum(['started', 'stopped'])
const poolState = Type.Enum(['started', 'stopping', 'stopped'])
const workerState = Type.Enum(['starting', 'running', 'stopping', 'ended'])

export const status = Type.Object({
  version: Text('Version of webgarden'),
  node: Text('Version of Node'),
  pid: Type.Integer({ description: 'Process of the server.' }),
  file: Text('Its configuration file'),
  configuration: Text('Version of the configuration that is in force'),
  startedAt: Time('When it was started'),
  age: Milliseconds('How long it has run'),
  sites: Type.Object({ started: Count('Sites that are started'), stopped: Count('Sites that are not') }),
  apppools: Type.Object({ started: Count('Pools that are started'), stopped: Count('Pools that are not') }),
  workers: Count('Workers of all pools'),
  connections: Count('Open client connections'),
  queued: Count('Requests that wait for a worker'),
  executing: Count('Requests that workers have'),
  memory: Bytes('Resident memory of the server with all its threads'),
})
export type Status = Static<typeof status>

export const siteResource = Type.Object({
  name: Text('Name of the site'),
  id: Type.Integer({ description: 'Number of the site.' }),
  state: siteState,
  bindings: Type.Array(
    Type.Object({
      protocol: Text('Its protocol'),
      bindingInformation: Text('As in the configuration'),
      port: Type.Integer({ description: 'The port that it really has; 0 while it has none.' }),
    }),
  ),
  applications: Count('Applications of the site'),
})
export type SiteResource = Static<typeof siteResource>

export const appResource = Type.Object({
  name: Text('Site and path, as in `Main/shop`'),
  site: Text('Its site'),
  path: Text('Its path'),
  apppool: Text('Its pool'),
  type: Type.Optional(Text('Its adapter')),
  source: Text('Its module, or the folder that it serves'),
})
export type AppResource = Static<typeof appResource>

export const poolResource = Type.Object({
  name: Text('Name of the pool'),
  state: poolState,
  isolation: Text('What its workers are: thread or process'),
  workers: Count('Its workers that have not ended'),
  maxProcesses: Count('Workers that it may have'),
  namespace: Type.Array(Type.String(), {
    description:
      'The parts of the namespace whose requests go to it: protocol, address, port, host and path, as in `http/*:80:www.example.com/shop`; none of stopped sites.',
  }),
  queued: Count('Requests that wait'),
  queueLength: Count('Requests that may wait'),
  executing: Count('Requests that its workers have'),
  autoStart: Type.Boolean({ description: 'Whether it is started with the server.' }),
})
export type PoolResource = Static<typeof poolResource>

export const healthResource = Type.Object({
  app: Text('The application'),
  apppool: Text('Its pool'),
  state: Type.Enum(['up', 'down'], { description: 'Whether requests to it are answered by it.' }),
  reason: Type.Optional(Text('Why it is down')),
})
export type HealthResource = Static<typeof healthResource>

export const workerResource = Type.Object({
  id: Type.Integer({ description: 'Number of the worker, counted over the life of the server.' }),
  apppool: Text('Its pool'),
  state: workerState,
  pid: Type.Integer({ description: 'The process that it lives in: for a thread that of the server.' }),
  startedAt: Time('When it was started'),
  age: Milliseconds('How long it has lived'),
  taken: Count('Requests that it has taken so far'),
  executing: Count('Those of them that it has not answered'),
  oldestRequest: Type.Optional(Milliseconds('Age of the oldest of these')),
  memory: Bytes('Memory in use as of its last answer to a ping; 0 before the first'),
  utilisation: Type.Optional(
    Type.Number({ description: 'How busy its busiest event loop was then: 0 to 1.' }),
  ),
  lastPong: Type.Optional(Milliseconds('How long ago that was')),
})
export type WorkerResource = Static<typeof workerResource>

export const requestResource = Type.Object({
  id: Text('The connection, and the exchange on it'),
  state: Type.Enum(['queued', 'executing']),
  stage: Text('The stage of the pipeline that has it'),
  age: Milliseconds('Since its head had come'),
  method: Text('Its method'),
  url: Text('Its target, at most 512 characters of it'),
  host: Text('The host that it asks for'),
  client: Text('Address and port of the client'),
  site: Type.Optional(Text('Its site')),
  app: Type.Optional(Text('Its application')),
  apppool: Type.Optional(Text('Its pool')),
  worker: Type.Optional(Type.Integer({ description: 'The worker that has it.' })),
})
export type RequestResource = Static<typeof requestResource>

export const moduleResource = Type.Object({
  name: Text('Name of the module'),
  kind: Type.Enum(['stage', 'adapter', 'balancer', 'log']),
  slot: Type.Optional(Text('The slot that it stands in; none where it is declared and not in use')),
  source: Text('Its file, or `standard`'),
})
export type ModuleResource = Static<typeof moduleResource>

export const historyEntry = Type.Object({
  at: Time('When it happened'),
  what: Text('started, ready, recycling, refused, stopping, ended, failed or disabled'),
  worker: Type.Integer({ description: 'The worker; 0 where the whole pool is meant.' }),
  reason: Text('What happened and why, in a sentence'),
  event: Type.Integer({ description: "IIS's number of the event; 0 where there is none." }),
  evidence: Type.Record(Type.String(), Type.Unknown(), { description: 'What was known at that moment.' }),
})

export const poolHistory = Type.Object({
  apppool: Text('The pool'),
  state: poolState,
  entries: Type.Array(historyEntry, { description: 'Oldest first, at most 100.' }),
  next: Type.Array(Type.String(), { description: 'What will happen next, in sentences.' }),
})
export type PoolHistory = Static<typeof poolHistory>
export type HistoryEntryResource = Static<typeof historyEntry>

export const recycled = Type.Object({
  replaced: Type.Array(Type.Integer(), { description: 'Workers that take no more requests.' }),
  kept: Type.Array(Type.Object({ worker: Type.Integer(), reason: Text('Why it stays') }), {
    description: 'Workers whose replacement did not come up.',
  }),
  workers: Type.Array(workerResource, { description: 'The workers of the pool now.' }),
})
export type Recycled = Static<typeof recycled>

export const flushed = Type.Object({
  stages: Type.Array(Type.String(), { description: 'The stages that have forgotten what they kept.' }),
  responses: Count('Responses that were forgotten, as far as the stages can tell'),
})
export type Flushed = Static<typeof flushed>

export const reloaded = Type.Object({
  changed: Type.Array(Type.String(), { description: 'What was changed, in sentences.' }),
  recycled: Type.Array(Type.String(), { description: 'Pools that were recycled.' }),
  kept: Type.Array(Type.String(), {
    description: 'Pools whose workers keep the old values, because of disallowRotationOnConfigChange.',
  }),
  needsRestart: Type.Array(Type.String(), {
    description: 'Keys that count from the next start of the server.',
  }),
  takenBack: Type.Array(Type.String(), {
    description:
      'Pools that went back to their old configuration, since no worker came up under the new one.',
  }),
})
export type Reloaded = Static<typeof reloaded>

export const restarted = Type.Object({
  pid: Type.Integer({ description: 'Process of the new server; 0 where it is not waited for.' }),
  former: Type.Integer({
    description: 'Process of the server that was asked; it finishes what it has and ends.',
  }),
})
export type Restarted = Static<typeof restarted>

export const configVersion = Type.Object({
  version: Type.Integer({ minimum: 1, description: 'Number of the version.' }),
  at: Time('When it came into force'),
  who: Text('Whose the file was then'),
  changes: Type.Array(Type.String(), { description: 'What it changed.' }),
})
export type ConfigVersion = Static<typeof configVersion>

export const problem = Type.Object({
  message: Text('What is wrong, and what to do'),
  file: Type.Optional(Text('The configuration that has the mistakes')),
  problems: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.String(),
        message: Type.String(),
        line: Type.Integer(),
        column: Type.Integer(),
      }),
      { description: 'Mistakes of a configuration.' },
    ),
  ),
})
export type ControlProblem = Static<typeof problem>
