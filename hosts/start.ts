/** Puts the house together: the only file that knows every room. */
import { readFile } from 'node:fs/promises'
import Fastify from 'fastify'
import { systemClock } from '../core/clock.js'
import { placeProblems, readConfigApart } from '../core/config/read-apart.js'
import type { EventLog } from '../core/contract/events.js'
import type { ServerConfig } from '../core/contract/config.js'
import { ConfigurationError, type ConfigurationProblem } from '../core/errors.js'
import { Namespace } from '../core/namespace/namespace.js'
import { Pipeline } from '../core/pipeline/pipeline.js'
import { completeApplications } from '../core/registry/applications.js'
import { balanceOf, requireBalancers } from '../core/registry/balancers.js'
import { loadModules } from '../core/registry/load.js'
import type { LoadedModule } from '../core/registry/loaded.js'
import { isLog, planSlots, setUpStages, type Plan } from '../core/registry/slots.js'
import { longestForRequests } from '../core/was/end-pool.js'
import { ActivationService } from '../core/was/service.js'
import { standardLogs, standardStages } from '../modules/standard.js'
import { openControl } from './admin/control.js'
import { adaptersOf, knownAdapters, requireAdapters } from './adapters/known.js'
import type { ConfigurationVersion } from './configuration/history.js'
import { LiveConfiguration, type ReloadReport } from './configuration/live-configuration.js'
import { putInForce, type RunningParts } from './configuration/put-in-force.js'
import { completeExtensions } from './extensions/check-extensions.js'
import { createEventLog } from './event-log/event-log.js'
import { explainListenError, planEndpoints, probe } from './listener/endpoints.js'
import { Listener } from './listener/listener.js'
import { certificateProblems, CertificateStore } from './listener/tls/certificate-store.js'
import { loadRawFilters } from './inline/raw-filters.js'
import { inlineHost } from './inline/inline-host.js'
import { reportServerEnd } from './inline/server-end.js'
import { OpenEndpoints, type OpenBinding } from './listener/open-endpoints.js'
import { openEndpoints } from './listener/open-in-order.js'
import { planProcesses } from './listener-process/plan-processes.js'
import { LogWorkers } from './log-worker/log-workers.js'
import { machine } from './machine/machine.js'
import { processHost } from './process/process-host.js'
import type { Restarts } from './restart/restarts.js'
import { listening, restartOf, steered } from './steered.js'
import { threadHost } from './thread/thread-host.js'

export { Restarts } from './restart/restarts.js'
export { notifySystemd } from './restart/notify-systemd.js'
export type { OpenBinding } from './listener/open-endpoints.js'
export type { ConfigurationVersion, ReloadReport }

/** Milliseconds in which a client of a server that was replaced may send the request that it has begun. */
const LAST_REQUEST = 2_000

const hosts = { thread: threadHost, process: processHost, inline: inlineHost }

export interface RunningServer {
  /** What is in force now. */
  readonly config: ServerConfig
  readonly bindings: readonly OpenBinding[]
  readonly events: EventLog
  /**
   * Puts the file in force as it is now; resolves when all that had to be replaced has been.
   *
   * @throws ConfigurationError with everything that is wrong with it; the old configuration goes on.
   */
  reload(): Promise<ReloadReport>
  /** Log files that were moved are left, and their names opened anew. */
  reopenLogs(): void
  /** The versions of the file that were in force, oldest first. */
  configHistory(): Promise<ConfigurationVersion[]>
  /**
   * Writes an earlier version into the file and puts it in force; without a number, the last one that differs.
   *
   * @throws ConfigurationError if it is not right any more, and Error if there is none; the file is as it was then.
   */
  rollback(version?: number): Promise<ReloadReport>
  /**
   * Starts another server that takes the sockets over; resolves when it has, and this one shall stop.
   *
   * @throws ConfigurationError or Error where that is not possible; this one goes on then.
   */
  restart(who: string): Promise<unknown>
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
    const modules = await loadModules(read, standardStages, standardLogs)
    const plan = planSlots(read, modules, new LogWorkers().stageOf)
    const complete = await completeApplications(read, await knownAdapters(modules))
    const config = await completeExtensions(complete)
    requireBalancers(config, modules)
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
    const problems: ConfigurationProblem[] = await certificateProblems(planEndpoints(config), Date.now())
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
 * @throws ConfigurationError with everything that is wrong with the configuration, its modules or its ports;
 * ServerRunsError where a server with this file runs already.
 */
export const startServer = async (
  file: string,
  terminal: NodeJS.WritableStream = process.stderr,
  restarts?: Restarts,
): Promise<RunningServer> => {
  const text = await readFile(file, 'utf8').catch(() => '')
  const checked = await checkConfig(file)
  const { config } = checked
  const { predecessor } = restarts ?? {}
  const estate = await predecessor?.inherit(planEndpoints(config).map(({ key }) => key))
  const events = createEventLog({
    level: config.eventLog.level,
    ...(config.eventLog.file === undefined ? {} : { file: config.eventLog.file }),
    terminal,
  })
  const control = await openControl(config, events, estate).catch(async (error: unknown) => {
    await events.close()
    throw error
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
    ...(restarts ? { isOverlapped: restarts.isOverlapped } : {}),
    ...(predecessor ? { predecessorEnded: predecessor.ended } : {}),
    onClose: (close: () => void | Promise<void>) => {
      fastify.addHook('onClose', async () => {
        await close()
      })
    },
  }
  const chains = await withPositions(() => setUpStages(checked.plan, scope)).catch(async (error: unknown) => {
    await control.close()
    // Those that were set up have threads and files.
    await fastify.close()
    throw error
  })
  reportForeignStages(checked, events)
  const service = new ActivationService({
    config,
    namespace,
    hostOf: ({ isolation }) => hosts[isolation],
    clock,
    events,
    machine,
    adapters: adaptersOf(checked.modules),
    balanceOf: (pool) => balanceOf(pool, checked.modules, scope),
  })
  const rawFilters = await loadRawFilters(config)
  const processes = planProcesses(config, {
    // Those of others run in the server alone, and want to see each request.
    cached: standardOptions(checked.plan),
    seesRawData: rawFilters !== null,
    clock,
    events,
    find: ({ site, path }) => service.sites.application(site, path),
  })
  const walked = processes?.chains(chains) ?? chains
  const pipeline = new Pipeline(walked, events, clock)
  const listener = new Listener({
    config,
    pipeline,
    clock,
    events,
    share: processes?.share,
    // It would compare bytes that the filters have not seen.
    frontDoor: rawFilters === null,
    attach: rawFilters?.attach.bind(rawFilters),
  })
  const certificates = new CertificateStore({ events, clock })
  const endpoints = new OpenEndpoints(listener, certificates, estate?.sockets)
  const parts: RunningParts = {
    service,
    stages: Object.values(chains).flat(),
    // Sites that were started by hand keep their sockets when the configuration changes.
    endpoints: { change: (changed) => endpoints.change(listening(changed, service)) },
    listener: {
      configure: (changed) => {
        listener.configure(changed)
        processes?.configure(changed)
      },
    },
    events,
    waitForAdapters: async (changed) => {
      requireAdapters(changed, await knownAdapters(checked.modules))
    },
  }
  const live = new LiveConfiguration({
    file: config.file,
    text,
    clock,
    events,
    current: () => service.config,
    check: async () => (await checkConfig(config.file)).config,
    putInForce: (changed) => withPositions(() => putInForce(parts, changed)),
  })
  const close = async (): Promise<void> => {
    await control.close()
    certificates.close()
    await fastify.close()
    await events.close()
  }
  try {
    await processes?.start(pipeline, walked)
    await withPositions(() => openEndpoints(config, endpoints, service, estate?.sockets))
  } catch (error) {
    processes?.kill()
    await listener.close()
    // Pools that always run have workers by now; they need not finish anything.
    const stopped = service.stop()
    service.kill()
    await stopped
    await close()
    throw error
  }
  await live.watch()
  const { modules } = checked
  const restart = restartOf(restarts, events, endpoints, control)
  control.serve(
    steered({
      service,
      endpoints,
      listener,
      processes,
      clock,
      events,
      modules,
      stages: chains,
      live,
      restart,
    }),
  )
  await predecessor?.replace(control.waits)
  if (predecessor) {
    listener.takeNames()
    await control.settle()
  }
  const hasInline = config.applicationPools.some(({ isolation }) => isolation === 'inline')
  const endIsMeant = hasInline ? reportServerEnd(events) : () => undefined
  return {
    get config() {
      return service.config
    },
    get bindings() {
      return endpoints.bindings
    },
    events,
    reload: () => live.reload(),
    reopenLogs: () => {
      for (const { stage } of parts.stages) stage.reopen?.()
    },
    configHistory: () => live.versions(),
    rollback: (version) => live.rollback(version),
    restart: (who) => restart.run(who),
    stop: async () => {
      endIsMeant()
      await live.close()
      if (restart.isReplaced())
        await Promise.all([listener.drain(LAST_REQUEST), processes?.drain(LAST_REQUEST)])
      // Requests end first, so that workers are drained of them before they go; applications know of it from now on.
      // Connections that applications have taken over end with their workers.
      const closed = Promise.all([listener.close(), processes?.close()])
      const requestsDone = Promise.all([listener.requestsDone(), processes?.requestsDone()])
      const cut = (): void => {
        listener.destroy('tunnels')
        processes?.destroy('tunnels')
      }
      const forgetLate = clock.after(longestForRequests(service.config), cut)
      await service.stop(requestsDone.then(cut))
      forgetLate()
      listener.destroy()
      processes?.destroy()
      await closed
      // The logs get what the processes have served.
      await processes?.end()
      await close()
    },
    kill: () => {
      endIsMeant()
      listener.destroy()
      processes?.kill()
      service.kill()
    },
  }
}

/** Of the stages before the route; undefined where any of them is not the standard one. */
const standardOptions = ({ validate, cache }: Plan) => {
  const [check, ...furtherChecks] = validate
  const [keep, ...furtherCaches] = cache
  if (check?.module !== standardStages.validate || keep?.module !== standardStages.cache) return undefined
  return furtherChecks.length + furtherCaches.length > 0
    ? undefined
    : { validate: check.options, cache: keep.options }
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

/** The administrator shall know which code that is not ours runs in the listener, and which beside it. */
const reportForeignStages = ({ plan, modules }: CheckedConfig, events: EventLog): void => {
  const logs = new Set(modules.filter(isLog).map(({ name }) => name))
  for (const [slot, stages] of Object.entries(plan)) {
    for (const { name, module } of stages) {
      if (Object.values(standardStages).includes(module)) continue
      const where = logs.has(name) ? 'in a log worker of its own' : `in the listener, in the ${slot} state`
      events.write({
        id: 0,
        level: 'info',
        source: 'W3SVC',
        text: `Module "${name}" runs ${where}, because the configuration says so.`,
        facts: { module: name, slot },
      })
    }
  }
}
