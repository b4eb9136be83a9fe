/** In a listener process: the standard cache, which learns from the server whose responses are and what has changed. */
import {
  RequestContext,
  type Application,
  type ConfigurationChanges,
  type ServerConfig,
} from '../../core/index.js'
import type { NamedStage } from '../../core/pipeline/listener-steps.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import type { ApplicationName, ChangingRequest } from './messages.js'
import { RemoteConnection } from './remote-connection.js'
import type { StorableFacts } from './remote-request.js'
import { withoutStatus } from './server-status.js'

/** Finds an application of the configuration by its name. */
export type FindApplication = (name: ApplicationName) => Application | undefined

/** A stage of slot `cache` with the second half that it had before. */
export interface NearCache extends NamedStage {
  readonly store: (ctx: RequestContext) => unknown
}

/**
 * From now on its second half sees only what the server's own cache has seen.
 *
 * @param statusName - what the server's Cache-Status calls the cache now; '' where it says nothing
 */
export const nearCache = (
  { name, stage }: NamedStage,
  find: FindApplication,
  statusName: () => string,
): NearCache => {
  const store = stage.store?.bind(stage) ?? (() => undefined)
  stage.store = (ctx) => {
    const facts = ctx.logged as StorableFacts | null
    ctx.logged = null
    const application = facts && find(facts.application)
    if (!application || !isOfNow(facts, application)) return undefined
    ctx.site = application.site
    ctx.application = application
    ctx.queue = application.queue
    const { receiver, response } = ctx
    const sent = response.raw
    const own = statusName()
    // Whether its worker still works the server has said; and what the server's cache has said of it is said already.
    ctx.receiver = null
    if (own !== '' && sent !== null) response.raw = withoutStatus(sent, own)
    try {
      return store(ctx)
    } finally {
      ctx.receiver = receiver
      if (own !== '' && !response.fromCache) response.raw = sent
    }
  }
  return { name, stage, store }
}

/** With `flushOnRecycle`: whether no worker has ended since. The server tells of each, but not what was before the first. */
const isOfNow = ({ edition }: StorableFacts, { config, queue }: Application): boolean => {
  if (!config.caching.flushOnRecycle) return true
  if (edition > queue.edition) queue.edition = edition
  return edition === queue.edition
}

/** What another client has changed is no longer true here either. */
export const forgetChanged = (
  caches: readonly NearCache[],
  request: ChangingRequest,
  application: Application,
  pipeline: Pipeline,
  now: number,
): void => {
  const { localAddress, localPort, encrypted } = request
  const ctx = new RequestContext(
    pipeline,
    new RemoteConnection(0, { remoteAddress: '', remotePort: 0, localAddress, localPort, encrypted }),
    { send: () => 'CONTINUE', inform: () => undefined },
    request.method,
    request.target,
    '1.1',
    request.rawHeaders,
    null,
    false,
    false,
    now,
  )
  ctx.host = request.host
  ctx.url = request.url
  ctx.site = application.site
  ctx.application = application
  ctx.queue = application.queue
  ctx.response.status = request.status
  ctx.response.raw = request.head
  for (const { store } of caches) store(ctx)
}

export const configureStages = (
  stages: readonly NamedStage[],
  config: ServerConfig,
  changes: ConfigurationChanges,
): void => {
  for (const { stage } of stages) stage.configure?.(config, changes)
}
