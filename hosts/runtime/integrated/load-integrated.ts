/** Loads what an application declares beside its own code: modules, filters, handlers; null where it declares nothing. */
import type { AdapterModule, HostedApplication } from '../../../core/contract/adapter.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import type { WorkerModule, WorkerScope } from '../../../core/contract/worker-module.js'
import { loadHandler, ownHandler } from './load-handler.js'
import { FilterChain } from './filter-chain.js'
import { findExtension, type KnownExtensions } from './find-extension.js'
import { inFilterOrder, loadFilter, type LoadedFilter } from './load-filter.js'
import { HandlerMap } from './handler-map.js'
import { setUp } from './set-up.js'
import { takeOver } from '../take-over.js'
import { Integrated } from './integrated.js'
import { IntegratedPipeline, type NamedModule } from './integrated-pipeline.js'
import type { WorkerContext } from './worker-context.js'

export interface Surroundings {
  readonly adapters: readonly AdapterModule[]
  readonly known: KnownExtensions
  readonly tell: (event: ServerEvent) => void
  readonly reportUnhealthy: (reason?: string) => void
}

/** @throws Error that says what is wrong with which entry. */
export const loadIntegrated = async (
  settings: ApplicationSettings,
  application: HostedApplication | null,
  around: Surroundings,
): Promise<Integrated | null> => {
  const { handlers, filters, modules } = settings
  if (handlers.length + filters.length + modules.length === 0 && !application?.handler) return null
  const scope = scopeOf(settings, around)
  const named: NamedModule[] = []
  let perClient = false
  const loaded: Omit<LoadedFilter, 'at'>[] = []
  for (const entry of filters) {
    loaded.push(await loadFilter(entry, settings, scope, around.known))
    perClient ||= !entry.enableCache
  }
  if (loaded.length > 0) named.push({ name: 'filters', module: new FilterChain(inFilterOrder(loaded)) })
  for (const entry of modules) {
    const module = (await findExtension(entry, 'module', settings, around.known)) as WorkerModule
    const { perClient: asks = true } = module
    perClient ||= typeof asks === 'function' ? asks(entry.options) : asks
    named.push(await setUp(entry, module, scope))
  }
  const mapped = []
  for (const entry of handlers) mapped.push(await loadHandler(entry, settings, around, scope))
  if (application?.handler) mapped.push(await ownHandler(application.handler, settings, scope))
  const pipeline = new IntegratedPipeline({
    settings,
    modules: named,
    handlers: new HandlerMap(settings, mapped),
    application:
      application &&
      ((ctx) => {
        hand(application, ctx)
      }),
    tell: around.tell,
  })
  return new Integrated(pipeline, settings, perClient)
}

/** What the application throws is its own affair, as without a pipeline. */
const hand = (application: HostedApplication, ctx: WorkerContext): void => {
  const { request, response, exchange } = ctx
  try {
    if (exchange?.early && takeOver(application, exchange)) return
    if (ctx.expectsContinue) {
      if (application.server?.emit('checkContinue', request, response)) return
      ctx.wantBody()
    }
    application.handle(request, response)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

const scopeOf = (settings: ApplicationSettings, { tell, reportUnhealthy }: Surroundings): WorkerScope => ({
  application: settings,
  event: ({ level, text, facts }) => {
    tell({ id: 0, level, source: 'module', text, facts: { pool: settings.pool, ...facts } })
  },
  reportUnhealthy,
})
