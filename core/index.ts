/** The public entry: what modules, adapters and embedding programs may import. */
export { ManualClock, systemClock, type Clock } from './clock.js'
export {
  ConfigurationError,
  RequestError,
  errorTable,
  formatProblem,
  type ConfigurationProblem,
  type ErrorCode,
} from './errors.js'
export { changesResponses } from './config/changes.js'
export type * from './contract/adapter.js'
export type * from './contract/balancer.js'
export type * from './contract/config.js'
export type * from './contract/connection.js'
export type * from './contract/events.js'
export type * from './contract/filter.js'
export type * from './contract/flush.js'
export type * from './contract/follower.js'
export type * from './contract/handler.js'
export type * from './contract/http-context.js'
export type * from './contract/log.js'
export type * from './contract/receiver.js'
export type * from './contract/response.js'
export type * from './contract/stage.js'
export type * from './contract/tls.js'
export type * from './contract/worker-module.js'
export type { Access, ApplicationSettings, Bytes, HandlerSettings, LoggedFacts } from './contract/messages.js'
export type { Application, Site } from './namespace/application.js'
export { RequestContext, type ResponseWriter, type HttpVersion } from './pipeline/request-context.js'
export type { RequestQueue, Entry } from './queue/request-queue.js'
export {
  defineAdapter,
  defineBalancer,
  defineFilter,
  defineHandler,
  defineLog,
  defineModule,
  defineStage,
} from './registry/define.js'
export { version } from './version.js'
export { workerStates } from './pipeline/worker-states.js'
export { listenerStates } from './pipeline/listener-states.js'
