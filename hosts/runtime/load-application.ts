/** Loads one application: its module, the server it may start itself, the adapter that fits. */
import type { Server } from 'node:http'
import { LONGEST_TIMER } from '../../core/clock.js'
import type { AdapterInput, AdapterModule, HostedApplication } from '../../core/contract/adapter.js'
import type { ServerEvent } from '../../core/contract/events.js'
import type { ApplicationSettings } from '../../core/contract/messages.js'
import { resolveModule } from '../../core/registry/resolve-module.js'
import { captureListen } from './listen-capture.js'
import { importFile } from '../../core/registry/import-file.js'

/**
 * Several may load at a time, but one imports its module at a time: what it finds in the environment is its own then.
 *
 * @param imported - called when the module has been imported: the next application may begin
 * @param tell - takes what the application's adapter has to say to the administrator
 * @returns the application, ready to answer.
 * @throws Error that says what is wrong: the module throws or is not there, exports nothing that an adapter knows, or
 * needs longer than `timeLimit` milliseconds.
 */
export const loadApplication = (
  application: ApplicationSettings,
  adapters: readonly AdapterModule[],
  timeLimit: number,
  imported: () => void,
  tell: (event: ServerEvent) => void,
): Promise<HostedApplication> => {
  const server = new ListeningServer()
  return captureListen(application.port, server.found, async () => {
    const limit = timeout(timeLimit)
    try {
      return await load(application, adapters, limit, server, imported, tell)
    } catch (error) {
      if (error instanceof TimeLimitReached) throw tooSlow(application, timeLimit)
      throw error
    } finally {
      limit.clear()
    }
  })
}

const load = async (
  application: ApplicationSettings,
  adapters: readonly AdapterModule[],
  limit: TimeLimit,
  server: ListeningServer,
  imported: () => void,
  tell: (event: ServerEvent) => void,
): Promise<HostedApplication> => {
  const chosen = adapterOfType(application.type, adapters)
  const needsNone = chosen?.needsModule === false && application.module === undefined
  setEnvironment(application)
  const exports = needsNone
    ? undefined
    : ((await Promise.race([importModule(application), limit.reached])) as Record<string, unknown>)
  imported()
  const input = (): AdapterInput => ({ application, exports, listening: server.first, tell })
  const recognised = (): AdapterModule | undefined =>
    (chosen ? [chosen] : adapters).find((adapter) => adapter.recognises?.(input()))
  let adapter = recognised()
  const mayListen = (chosen === undefined || chosen.name === 'node') && !hasDefault(exports)
  if (!adapter && mayListen) {
    // It may still be on its way to `listen`: connecting to a database first, say.
    await Promise.race([server.listens, limit.reached.catch(() => undefined)])
    adapter = recognised()
  }
  adapter ??= chosen
  if (!adapter) throw nothingUsable(application, exports, mayListen ? limit.milliseconds : 0)
  // Another application may have been imported meanwhile, and this one's factory reads it too.
  setEnvironment(application)
  return Promise.race([Promise.resolve(adapter.adapt(input(), application.options)), limit.reached])
}

/** The first server that the application wants to listen. */
class ListeningServer {
  first: Server | undefined
  readonly listens: Promise<void>
  private tell: () => void = () => undefined

  constructor() {
    this.listens = new Promise((resolve) => (this.tell = resolve))
  }

  readonly found = (server: Server): void => {
    this.first ??= server
    this.tell()
  }
}

const setEnvironment = ({ module, environment, port }: ApplicationSettings): void => {
  if (module !== undefined) Object.assign(process.env, environment, { PORT: String(port) })
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
  return importFile(resolveModule(module, physicalPath))
}

/** Whether the module gives something away on purpose: then it is not a program that only wants to run. */
const hasDefault = (exports: Record<string, unknown> | undefined): boolean => {
  const main = exports?.default
  if (main === undefined || main === null) return false
  // `module.exports` of a program that exports nothing is an empty object.
  return typeof main !== 'object' || Object.keys(main).length > 0
}

class TimeLimitReached extends Error {}

interface TimeLimit {
  readonly milliseconds: number
  /** Rejects when the time is up. */
  readonly reached: Promise<never>
  clear(): void
}

const timeout = (milliseconds: number): TimeLimit => {
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(new TimeLimitReached())
      },
      Math.min(milliseconds, LONGEST_TIMER),
    )
  })
  reached.catch(() => undefined)
  return {
    milliseconds,
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
      (waited > 0
        ? `, and did not call listen within ${waited / 1000} s (nine tenths of startupTimeLimit)`
        : '') +
      '. Export a Fastify instance, a function (request, response), an object with a fetch method, or let it call ' +
      'listen on an http.Server.',
  )

const tooSlow = ({ module }: ApplicationSettings, timeLimit: number): Error =>
  new Error(
    `${module ?? 'The application'} was not ready within ${timeLimit / 1000} s (nine tenths of startupTimeLimit).`,
  )
