/** Makes a handler of an entry of `handlers`: of a module made with defineHandler, or of an adapter by its `type`. */
import type { AdapterModule } from '../../../core/contract/adapter.js'
import type { ApplicationSettings, HandlerSettings } from '../../../core/contract/messages.js'
import type { WorkerScope } from '../../../core/contract/worker-module.js'
import type { MappedHandler } from './mapped-handler.js'

/** @throws Error that names the entry and says what is wrong with it. */
export const loadHandler = async (
  settings: HandlerSettings,
  application: ApplicationSettings,
  adapters: readonly AdapterModule[],
  _scope: WorkerScope,
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
    execute: ({ request, response }) => {
      hosted.handle(request, response)
      return 'PENDING'
    },
    close: (deadline) => hosted.close?.(deadline),
  }
}
