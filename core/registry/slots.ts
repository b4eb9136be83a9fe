/** Fills the slots of the pipeline: first with modules, checked, then with the stages that these set up. */
import fp from 'fastify-plugin'
import type { ServerConfig } from '../contract/config.js'
import type { LogFacts } from '../contract/log.js'
import type { ModuleScope, Slot, Stage, StageModule } from '../contract/stage.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import type { LoadedLog, LoadedModule } from './loaded.js'

export interface PlannedStage {
  readonly name: string
  readonly module: StageModule
  readonly options: Readonly<Record<string, unknown>>
}

/** What is to run in each slot, in order; nothing is set up yet. */
export type Plan = Readonly<Record<Slot, readonly PlannedStage[]>>

/** A stage under the name that the configuration gives it. */
export interface ReadyStage {
  readonly name: string
  readonly stage: Stage
}

/** Makes the stage that stands in the listener for a log module, and sends its worker what it collects. */
export type StageOfLog = (log: LoadedLog) => StageModule

/** @throws ConfigurationError where a slot names a module that is not made for it. */
export const planSlots = (
  config: ServerConfig,
  loaded: readonly LoadedModule[],
  stageOfLog: StageOfLog,
): Plan => {
  const problems: ConfigurationProblem[] = []
  const planned = (slot: Slot, name: string, pointer: string): PlannedStage[] => {
    const found = loaded.find((candidate) => candidate.name === name)
    if (found?.module.kind === 'stage' && found.module.slots.includes(slot)) {
      return [{ name, module: found.module, options: found.options }]
    }
    if (slot === 'log' && found && isLog(found)) {
      return [{ name, module: stageOfLog(found), options: found.options }]
    }
    const message =
      !found || found.module.kind === 'adapter' || found.module.kind === 'balancer'
        ? `module "${name}" is no stage; a slot takes modules made with defineStage`
        : `module "${name}" is made for the slot ${quoted(slotsOf(found.module))}, not for "${slot}"`
    problems.push({ pointer, message })
    return []
  }
  const fill = (slot: Slot): PlannedStage[] => {
    const pointer = `/pipeline/${slot}`
    const names = config.pipeline[slot] ?? [slot]
    return names.flatMap((name, index) =>
      planned(slot, name, names.length > 1 ? `${pointer}/${index}` : pointer),
    )
  }
  const plan: Plan = {
    validate: fill('validate'),
    cache: fill('cache'),
    route: fill('route'),
    queue: fill('queue'),
    dispatch: fill('dispatch'),
    log: fill('log'),
  }
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  return plan
}

/**
 * Sets the planned stages up, each as a plugin of `scope.fastify`: one after the other, with Fastify's time limit for a
 * plugin's start, and torn down in reverse.
 */
export const setUpStages = async (
  plan: Plan,
  scope: ModuleScope,
): Promise<Record<Slot, readonly ReadyStage[]>> => {
  const setUp = async (slot: Slot): Promise<ReadyStage[]> => {
    const ready: ReadyStage[] = []
    for (const { name, module, options } of plan[slot]) {
      const plugin = async (): Promise<void> => {
        ready.push({ name, stage: await module.setup(scope, options) })
      }
      await scope.fastify.register(fp(plugin, { name: `${slot}:${name}` }))
    }
    return ready
  }
  const stages = {
    validate: await setUp('validate'),
    cache: await setUp('cache'),
    route: await setUp('route'),
    queue: await setUp('queue'),
    dispatch: await setUp('dispatch'),
    log: await setUp('log'),
  }
  await scope.fastify.ready()
  return stages
}

export const isLog = (loaded: LoadedModule): loaded is LoadedLog => loaded.module.kind === 'log'

const slotsOf = (module: StageModule | LogFacts): readonly Slot[] =>
  module.kind === 'log' ? ['log'] : module.slots

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')
