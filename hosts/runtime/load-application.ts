/** Loads one application: its module, the server it may start itself, the adapter that fits. */
import type { Server } from 'node:http'
import { pathToFileURL } from 'node:url'
import type { AdapterInput, AdapterModule, HostedApplication } from '../../core/contract/adapter.js'
import type { ApplicationSettings } from '../../core/contract/messages.js'
import { resolveModule } from '../../core/registry/resolve-module.js'
import { captureListen } from './listen-capture.js'

/**
 * @returns the application, ready to answer.
 * @throws Error that says what is wrong: the module throws or is not there, exports nothing that an adapter knows, or
 * needs longer than `timeLimit` milliseconds.
 */
export const loadApplication = async (
  application: ApplicationSettings,
  adapters: readonly AdapterModule[],
  timeLimit: number,
): Promise<HostedApplication> => {
  if (application.module !== undefined)
    Object.assign(process.env, application.environment, { PORT: String(application.port) })
  let listening: Server | undefined
  let onListen: (() => void) | null = null
  const stopCapture = captureListen(application.port, (server) => {
    listening ??= server
    onListen?.()
  })
  const limit = timeout(timeLimit)
  try {
    const chosen = adapterOfType(application.type, adapters)
    const exports =
      chosen?.needsModule === false && application.module === undefined
        ? undefined
        : ((await Promise.race([importModule(application), limit.reached])) as Record<string, unknown>)
    const input = (): AdapterInput => ({ application, exports, listening })
    const recognised = (): AdapterModule | undefined =>
      (chosen ? [chosen] : adapters).find((adapter) => adapter.recognises?.(input()))
    let adapter = recognised()
    const mayListen = (chosen === undefined || chosen.name === 'node') && !hasDefault(exports)
    if (!adapter && mayListen) {
      // It may still be on its way to `listen`: connecting to a database first, say.
      const listens = new Promise<void>((resolve) => (onListen = resolve))
      await Promise.race([listens, limit.reached.catch(() => undefined)])
      adapter = recognised()
    }
    adapter ??= chosen
    if (!adapter) throw nothingUsable(application, exports, mayListen ? timeLimit : 0)
    return await Promise.race([Promise.resolve(adapter.adapt(input(), application.options)), limit.reached])
  } catch (error) {
    if (error instanceof TimeLimitReached) throw tooSlow(application, timeLimit)
    throw error
  } finally {
    limit.clear()
    stopCapture()
  }
}

const adapterOfType = (
  type: string | undefined,
  adapters: readonly AdapterModule[],
): AdapterModule | undefined => {
  if (type === undefined) return undefined
  const found = adapters.find((adapter) => adapter.name === type)
  if (found) return found
  throw new Error(
    `There is no adapter "${type}"; known are ${adapters.map(({ name }) => `"${name}"`).join(', ')}`,
  )
}

/** Resolves as `require` does (folders, missing extensions, packages beside the application), imports as ESM does. */
const importModule = async (application: ApplicationSettings): Promise<unknown> => {
  const { module, physicalPath } = application
  if (module === undefined)
    throw new Error('The application has no module; name one, or give it a type that needs none')
  return (await import(pathToFileURL(resolveModule(module, physicalPath)).href)) as unknown
}

/** Whether the module gives something away on purpose: then it is not a program that only wants to run. */
const hasDefault = (exports: Record<string, unknown> | undefined): boolean => {
  const main = exports?.default
  if (main === undefined || main === null) return false
  // `module.exports` of a program that exports nothing is an empty object.
  return typeof main !== 'object' || Object.keys(main).length > 0
}

class TimeLimitReached extends Error {}

const timeout = (milliseconds: number): { reached: Promise<never>; clear: () => void } => {
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TimeLimitReached())
    }, milliseconds)
  })
  reached.catch(() => undefined)
  return {
    reached,
    clear: () => {
      clearTimeout(timer)
    },
  }
}

const nothingUsable = (
  { module }: ApplicationSettings,
  exports: Record<string, unknown> | undefined,
  waited: number,
): Error =>
  new Error(
    `${module ?? 'The application'} exports nothing that can answer requests (it exports: ` +
      `${Object.keys(exports ?? {}).join(', ') || 'nothing'})` +
      (waited > 0 ? `, and did not call listen within ${waited / 1000} s (startupTimeLimit)` : '') +
      '. Export a Fastify instance, a function (request, response), an object with a fetch method, or let it call ' +
      'listen on an http.Server.',
  )

const tooSlow = ({ module }: ApplicationSettings, timeLimit: number): Error =>
  new Error(`${module ?? 'The application'} was not ready within ${timeLimit / 1000} s (startupTimeLimit).`)
