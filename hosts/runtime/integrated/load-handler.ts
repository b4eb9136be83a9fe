/** Makes a handler of an entry of `handlers`: of a module made with defineHandler, or of an adapter by its `type`. */
import type { AdapterModule } from '../../../core/contract/adapter.js'
import type { HandlerModule } from '../../../core/contract/handler.js'
import type { ApplicationSettings, HandlerSettings } from '../../../core/contract/messages.js'
import type { WorkerScope } from '../../../core/contract/worker-module.js'
import { checkOptions } from '../../../core/registry/check-options.js'
import { version } from '../../../core/version.js'
import { runHandler } from './run-handler.js'
import { importOfKind } from './load-extension.js'
import type { MappedHandler } from './mapped-handler.js'

/** @throws Error that names the entry and says what is wrong with it. */
export const loadHandler = async (
  settings: HandlerSettings,
  application: ApplicationSettings,
  adapters: readonly AdapterModule[],
  scope: WorkerScope,
): Promise<MappedHandler> => {
  const { module, name } = settings
  if (module === undefined) return adapted(settings, application, adapters)
  const handler = await importOfKind(module, application.physicalPath, 'handler')
  return mapped(handler as HandlerModule, settings, application, scope, `Handler "${name}"`)
}

/** The application's own module is a handler: it stands behind all mappings, for every path and verb. */
export const ownHandler = (
  handler: HandlerModule,
  application: ApplicationSettings,
  scope: WorkerScope,
): Promise<MappedHandler> => {
  const settings: HandlerSettings = {
    name: handler.name,
    module: application.module,
    options: application.options,
    path: '*',
    verbs: [],
    resourceType: 'Unspecified',
    requireAccess: 'None',
    allowPathInfo: false,
    type: undefined,
  }
  return mapped(handler, settings, application, scope, application.module ?? handler.name)
}

const mapped = async (
  handler: HandlerModule,
  settings: HandlerSettings,
  { physicalPath }: ApplicationSettings,
  scope: WorkerScope,
  who: string,
): Promise<MappedHandler> => {
  await requireVersion(handler, who)
  const options = structuredClone(settings.options) as Record<string, unknown>
  const problems = await checkOptions(handler.options, options, '/options', physicalPath)
  if (problems.length > 0) {
    throw new Error(`${who}: ${problems.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ')}`)
  }
  await handler.load?.(scope, options)
  return {
    settings,
    execute: (ctx) => runHandler(handler, ctx, options, scope),
    close: (deadline) => handler.unload?.(deadline),
  }
}

const requireVersion = async ({ webgarden }: HandlerModule, who: string): Promise<void> => {
  if (webgarden === undefined) return
  const { satisfies } = await import('semver')
  if (satisfies(version, webgarden)) return
  throw new Error(
    `${who} is made for webgarden ${webgarden}, and this is ${version}; install a version of it that fits`,
  )
}

const adapted = async (
  settings: HandlerSettings,
  application: ApplicationSettings,
  adapters: readonly AdapterModule[],
): Promise<MappedHandler> => {
  const adapter = adapters.find(({ name }) => name === settings.type)
  if (!adapter) throw new Error(`Handler "${settings.name}": there is no adapter "${settings.type ?? ''}"`)
  const { options } = settings
  const hosted = await adapter.adapt(
    { application: { ...application, options }, exports: undefined, listening: undefined },
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
