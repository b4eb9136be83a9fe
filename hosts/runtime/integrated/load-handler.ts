/** Makes a handler of an entry of `handlers`: of a module made with defineHandler, or of an adapter by its `type`. */
import type { HandlerModule } from '../../../core/contract/handler.js'
import type { ApplicationSettings, HandlerSettings } from '../../../core/contract/messages.js'
import type { WorkerScope } from '../../../core/contract/worker-module.js'
import { checkOptions } from '../../../core/registry/check-options.js'
import { runHandler } from './run-handler.js'
import { findExtension } from './find-extension.js'
import type { Surroundings } from './load-integrated.js'
import type { MappedHandler } from './mapped-handler.js'

/** @throws Error that names the entry and says what is wrong with it. */
export const loadHandler = async (
  settings: HandlerSettings,
  application: ApplicationSettings,
  around: Surroundings,
  scope: WorkerScope,
): Promise<MappedHandler> => {
  if (settings.type !== undefined) return adapted(settings, application, around)
  const handler = (await findExtension(settings, 'handler', application, around.known)) as HandlerModule
  return mapped(handler, settings, settings.options, scope)
}

/** The application's own module is a handler: it stands behind all mappings, for every path and verb. */
export const ownHandler = async (
  handler: HandlerModule,
  application: ApplicationSettings,
  scope: WorkerScope,
): Promise<MappedHandler> => {
  const { module, physicalPath } = application
  const options = structuredClone(application.options) as Record<string, unknown>
  // Those of mappings were checked with the configuration; an application's could not be before its module was known.
  const problems = await checkOptions(handler.options, options, '/options', physicalPath)
  if (problems.length > 0) {
    const all = problems.map(({ pointer, message }) => `${pointer}: ${message}`)
    throw new Error(`${module ?? handler.name}: ${all.join('; ')}`)
  }
  const settings: HandlerSettings = {
    name: handler.name,
    module,
    options,
    path: '*',
    verbs: [],
    resourceType: 'Unspecified',
    requireAccess: 'None',
    allowPathInfo: false,
    type: undefined,
  }
  return mapped(handler, settings, options, scope)
}

const mapped = async (
  handler: HandlerModule,
  settings: HandlerSettings,
  options: Readonly<Record<string, unknown>>,
  scope: WorkerScope,
): Promise<MappedHandler> => {
  await handler.load?.(scope, options)
  return {
    settings,
    execute: (ctx) => runHandler(handler, ctx, options, scope),
    close: (deadline) => handler.unload?.(deadline),
  }
}

const adapted = async (
  settings: HandlerSettings,
  application: ApplicationSettings,
  { adapters, tell }: Surroundings,
): Promise<MappedHandler> => {
  const adapter = adapters.find(({ name }) => name === settings.type)
  if (!adapter) throw new Error(`Handler "${settings.name}": there is no adapter "${settings.type ?? ''}"`)
  const { options } = settings
  const hosted = await adapter.adapt(
    { application: { ...application, options }, exports: undefined, listening: undefined, tell },
    options,
  )
  return {
    settings,
    execute: (ctx) => {
      ctx.wantBody()
      hosted.handle(ctx.request, ctx.response)
      return 'PENDING'
    },
    close: (deadline) => hosted.close?.(deadline),
  }
}
