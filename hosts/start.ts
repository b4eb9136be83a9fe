/** Puts the house together: the only file that knows every room. */
import Fastify from 'fastify'
import { systemClock } from '../core/clock.js'
import { placeProblems, readConfigApart } from '../core/config/read-apart.js'
import type { AdapterSettings } from '../core/contract/messages.js'
import type { EventLog } from '../core/contract/events.js'
import type { BindingConfig, ServerConfig } from '../core/contract/config.js'
import { ConfigurationError, type ConfigurationProblem } from '../core/errors.js'
import { Namespace } from '../core/namespace/namespace.js'
import { Pipeline } from '../core/pipeline/pipeline.js'
import { completeApplications, type KnownAdapter } from '../core/registry/applications.js'
import { loadModules } from '../core/registry/load.js'
import type { LoadedModule } from '../core/registry/loaded.js'
import { planSlots, setUpStages, type Plan } from '../core/registry/slots.js'
import { ActivationService } from '../core/was/service.js'
import { standardStages } from '../modules/standard.js'
import { standardAdapters } from './adapters/standard.js'
import { createEventLog } from './event-log/event-log.js'
import { explainListenError, planEndpoints, probe, type PlannedEndpoint } from './listener/endpoints.js'
import { Listener } from './listener/listener.js'
import { inlineHost } from './inline/inline-host.js'
import { reportServerEnd } from './inline/server-end.js'
import { machine } from './machine/machine.js'
import { processHost } from './process/process-host.js'
import { threadHost } from './thread/thread-host.js'

const hosts = { thread: threadHost, process: processHost, inline: inlineHost }

/** A binding that is open, with the port that it really has. */
export interface OpenBinding {
  readonly binding: BindingConfig
  readonly port: number
}

export interface RunningServer {
  readonly config: ServerConfig
  readonly bindings: readonly OpenBinding[]
  readonly events: EventLog
  /** Lets requests under way finish, ends the workers, flushes the logs. */
  stop(): Promise<void>
  /** Ends at once, without waiting for anybody. */
  kill(): void
}

/** A configuration whose modules have been imported and whose slots are filled: nothing runs yet. */
export interface CheckedConfig {
  readonly config: ServerConfig
  readonly modules: readonly LoadedModule[]
  readonly plan: Plan
}

/** @throws ConfigurationError with everything that is wrong. */
export const checkConfig = async (file: string): Promise<CheckedConfig> => {
  const read = await readConfigApart(file)
  return withPositions(async () => {
    const modules = await loadModules(read, standardStages)
    const plan = planSlots(read, modules)
    const config = await completeApplications(read, await knownAdapters(modules))
    return { config, modules, plan }
  })
}

/**
 * Everything that a start would find wrong: opens the ports for a moment and gives them back.
 *
 * @returns the configuration, and where in the file it says what its isolation mode leaves without effect.
 * @throws ConfigurationError with everything that is wrong.
 */
export const checkServer = async (
  file: string,
): Promise<{ config: ServerConfig; withoutEffect: readonly ConfigurationProblem[] }> => {
  const { config } = await checkConfig(file)
  await withPositions(async () => {
    const problems: ConfigurationProblem[] = []
    for (const endpoint of planEndpoints(config)) {
      const error = await probe(endpoint)
      if (!error) continue
      const message = explainListenError(endpoint, error)
      for (const binding of endpoint.bindings) problems.push({ pointer: binding.pointer, message })
    }
    if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  })
  const message = `does not apply in isolationMode ${config.isolationMode}`
  const settings = config.settingsWithoutEffect.map((pointer) => ({ pointer, message }))
  const withoutEffect = settings.length === 0 ? [] : (await placeProblems(config.file, settings)).problems
  return { config, withoutEffect }
}

/**
 * Starts a server of a configuration file; resolves when it accepts requests.
 *
 * @throws ConfigurationError with everything that is wrong with the configuration, its modules or its ports.
 */
export const startServer = async (
  file: string,
  terminal: NodeJS.WritableStream = process.stderr,
): Promise<RunningServer> => {
  const checked = await checkConfig(file)
  const { config } = checked
  const events = createEventLog({
    level: config.eventLog.level,
    ...(config.eventLog.file === undefined ? {} : { file: config.eventLog.file }),
    terminal,
  })
  const clock = systemClock
  const namespace = new Namespace()
  const fastify = Fastify({ logger: false })
  const scope = {
    fastify,
    config,
    events,
    clock,
    namespace,
    onClose: (close: () => void | Promise<void>) => {
      fastify.addHook('onClose', async () => {
        await close()
      })
    },
  }
  const chains = await withPositions(() => setUpStages(checked.plan, scope))
  reportForeignStages(checked.plan, events)
  const service = new ActivationService({
    config,
    namespace,
    hostOf: ({ isolation }) => hosts[isolation],
    clock,
    events,
    machine,
    adapters: adaptersOf(checked.modules),
  })
  const listener = new Listener({
    config,
    pipeline: new Pipeline(chains, events, clock),
    clock,
    frontDoor: config.caching.enabled,
  })
  const close = async (): Promise<void> => {
    await fastify.close()
    await events.close()
  }
  let bindings: OpenBinding[]
  try {
    bindings = await withPositions(() => openEndpoints(config, listener, service))
  } catch (error) {
    await listener.close()
    // Pools that always run have workers by now; they need not finish anything.
    const stopped = service.stop()
    service.kill()
    await stopped
    await close()
    throw error
  }
  const hasInline = config.applicationPools.some(({ isolation }) => isolation === 'inline')
  const endIsMeant = hasInline ? reportServerEnd(events) : () => undefined
  return {
    config,
    bindings,
    events,
    stop: async () => {
      endIsMeant()
      // Connections end first, so that workers are drained of requests before they are told to go.
      await Promise.race([listener.close(), shutdownLimit(config)])
      listener.destroy()
      await service.stop()
      await close()
    },
    kill: () => {
      endIsMeant()
      listener.destroy()
      service.kill()
    },
  }
}

/** The routing table is complete before a port that anybody knows accepts. */
const openEndpoints = async (
  config: ServerConfig,
  listener: Listener,
  service: ActivationService,
): Promise<OpenBinding[]> => {
  const planned = planEndpoints(config)
  const problems: ConfigurationProblem[] = []
  const ports = new Map<BindingConfig, number>()
  const open = async (endpoint: PlannedEndpoint): Promise<void> => {
    try {
      const port = await listener.open(endpoint)
      for (const binding of endpoint.bindings) ports.set(binding, port)
    } catch (error) {
      const message = explainListenError(endpoint, error as NodeJS.ErrnoException)
      for (const binding of endpoint.bindings) problems.push({ pointer: binding.pointer, message })
    }
  }
  for (const endpoint of planned) if (endpoint.port === 0) await open(endpoint)
  service.start((binding) => ports.get(binding) ?? binding.port)
  for (const endpoint of planned) if (endpoint.port !== 0) await open(endpoint)
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  return planned.flatMap(({ bindings }) =>
    bindings.map((binding) => ({ binding, port: ports.get(binding) ?? binding.port })),
  )
}

/** Gives problems that know their pointer only a line and a column. */
const withPositions = async <T>(action: () => Promise<T>): Promise<T> => {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw await placeProblems(error.file, error.problems)
  }
}

/** Declared ones come first: an administrator may replace a standard adapter under its name. */
const knownAdapters = async (modules: readonly LoadedModule[]): Promise<KnownAdapter[]> => [
  ...modules.flatMap(({ module, options }) =>
    module.kind === 'adapter' ? [{ adapter: module, options }] : [],
  ),
  ...(await standardAdapters()).map((adapter) => ({ adapter, options: {} })),
]

const adaptersOf = (modules: readonly LoadedModule[]): AdapterSettings[] =>
  modules.flatMap(({ name, module, file }) =>
    module.kind === 'adapter' && file !== undefined ? [{ name, module: file }] : [],
  )

/** The administrator shall know which code that is not ours runs in the listener. */
const reportForeignStages = (plan: Plan, events: EventLog): void => {
  for (const [slot, stages] of Object.entries(plan)) {
    for (const { name, module } of stages) {
      if (Object.values(standardStages).includes(module)) continue
      events.write({
        id: 0,
        level: 'info',
        source: 'W3SVC',
        text: `Module "${name}" runs in the listener, in the ${slot} state, because the configuration says so.`,
        facts: { module: name, slot },
      })
    }
  }
}

/** Connections get as long to finish as the most patient pool gives its workers. */
const shutdownLimit = (config: ServerConfig): Promise<void> => {
  const limit = Math.max(0, ...config.applicationPools.map((pool) => pool.processModel.shutdownTimeLimit))
  return new Promise((resolve) => {
    setTimeout(resolve, Math.min(limit, 2_147_483_647)).unref()
  })
}
