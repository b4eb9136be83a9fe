/** Loads what an application declares beside its own code: modules, filters, handlers; null where it declares nothing. */
import type { AdapterModule, HostedApplication } from '../../../core/contract/adapter.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { ApplicationSettings, ExtensionSettings } from '../../../core/contract/messages.js'
import type { WorkerModule, WorkerScope } from '../../../core/contract/worker-module.js'
import { loadHandler } from './load-handler.js'
import { loadExtension } from './load-extension.js'
import { HandlerMap } from './handler-map.js'
import { Integrated } from './integrated.js'
import { IntegratedPipeline, type NamedModule } from './integrated-pipeline.js'
import type { WorkerContext } from './worker-context.js'

/** Imports a standard module by its name; undefined where there is none of that name. */
export type StandardModules = Readonly<Record<string, () => Promise<WorkerModule>>>

export interface Surroundings {
  readonly adapters: readonly AdapterModule[]
  readonly standard: StandardModules
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
  if (handlers.length + filters.length + modules.length === 0) return null
  const scope = scopeOf(settings, around)
  const named: NamedModule[] = []
  let perClient = false
  const add = async (entry: ExtensionSettings, kind: 'module' | 'filter'): Promise<void> => {
    const loaded = await loadExtension(entry, kind, settings, around.standard)
    const { perClient: asks = true } = loaded
    perClient ||= !entry.enableCache && (typeof asks === 'function' ? asks(entry.options) : asks)
    named.push({ name: entry.name, module: await loaded.setup(scope, entry.options) })
  }
  for (const entry of filters) await add(entry, 'filter')
  for (const entry of modules) await add(entry, 'module')
  const mapped = []
  for (const entry of handlers) mapped.push(await loadHandler(entry, settings, around.adapters, scope))
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
const hand = (
  application: HostedApplication,
  { request, response, expectsContinue }: WorkerContext,
): void => {
  try {
    if (expectsContinue) {
      if (application.server?.emit('checkContinue', request, response)) return
      response.writeContinue()
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
