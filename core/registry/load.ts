/** Loads the modules that the configuration declares, checks their options, and fills the slots with their stages. */
import { pathToFileURL } from 'node:url'
import { isAbsolute, join } from 'node:path'
import { createRequire } from 'node:module'
import fp from 'fastify-plugin'
import type { TSchema } from 'typebox'
import { checkAgainst } from '../config/check.js'
import type { AdapterModule } from '../contract/adapter.js'
import type { ModuleConfig, ServerConfig } from '../contract/config.js'
import type { ModuleScope, Slot, Stage, StageModule } from '../contract/stage.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'

export type DeclaredModule = StageModule | AdapterModule

/** A module of the configuration, imported and checked. */
export interface LoadedModule {
  readonly name: string
  readonly module: DeclaredModule
  readonly options: Readonly<Record<string, unknown>>
  readonly pointer: string
  /** The file that it was imported from; undefined for a standard one. */
  readonly file: string | undefined
}

export type StandardStages = Readonly<Record<Slot, StageModule>>

export interface SlotStage {
  readonly name: string
  readonly module: StageModule
  readonly options: Readonly<Record<string, unknown>>
}

/** What is to run in each slot: checked, not yet set up. */
export type Plan = Readonly<Record<Slot, readonly SlotStage[]>>

/** A stage under the name that the configuration gives it. */
export interface ReadyStage {
  readonly name: string
  readonly stage: Stage
}

/**
 * Imports every declared module; a module named as a standard one but without a file gives that one its options.
 *
 * @throws ConfigurationError with all that is wrong at once.
 */
export const loadModules = async (
  config: ServerConfig,
  standard: StandardStages,
): Promise<LoadedModule[]> => {
  const problems: ConfigurationProblem[] = []
  const loaded: LoadedModule[] = []
  for (const declared of config.modules) {
    const imported = await importModule(declared, config.directory, standard, problems)
    if (!imported) continue
    const { module, file } = imported
    const options = structuredClone(declared.options) as Record<string, unknown>
    problems.push(...checkOptions(module, options, `${declared.pointer}/options`))
    loaded.push({ name: declared.name, module, options, pointer: declared.pointer, file })
  }
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  return loaded
}

/** @throws ConfigurationError where a slot names a module that is not made for it, or whose options are incomplete. */
export const planSlots = (
  config: ServerConfig,
  loaded: readonly LoadedModule[],
  standard: StandardStages,
): Plan => {
  const problems: ConfigurationProblem[] = []
  const entry = (slot: Slot, name: string, pointer: string): SlotStage[] => {
    const found = loaded.find((candidate) => candidate.name === name)
    const module = found?.module ?? (name in standard ? standard[name as Slot] : undefined)
    if (module?.kind !== 'stage') {
      problems.push({
        pointer,
        message: `module "${name}" is no stage; a slot takes modules made with defineStage`,
      })
      return []
    }
    if (!module.slots.includes(slot)) {
      const slots = module.slots.map((one) => `"${one}"`).join(', ')
      problems.push({ pointer, message: `module "${name}" is made for the slot ${slots}, not for "${slot}"` })
      return []
    }
    if (found) return [{ name, module, options: found.options }]
    const options = {}
    problems.push(...checkOptions(module, options, pointer))
    return [{ name, module, options }]
  }
  const slotOf = (slot: Slot): SlotStage[] => {
    const names = config.pipeline[slot]
    if (!names) return entry(slot, slot, `/pipeline/${slot}`)
    return names.flatMap((name, index) =>
      entry(slot, name, names.length > 1 ? `/pipeline/${slot}/${index}` : `/pipeline/${slot}`),
    )
  }
  const plan: Plan = {
    validate: slotOf('validate'),
    cache: slotOf('cache'),
    route: slotOf('route'),
    queue: slotOf('queue'),
    dispatch: slotOf('dispatch'),
    log: slotOf('log'),
  }
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  return plan
}

/** Sets the planned stages up, each as a plugin of `scope.fastify`: in order, with its start time limit, torn down in reverse. */
export const setUpStages = async (plan: Plan, scope: ModuleScope): Promise<Record<Slot, ReadyStage[]>> => {
  const ready: Record<Slot, ReadyStage[]> = {
    validate: [],
    cache: [],
    route: [],
    queue: [],
    dispatch: [],
    log: [],
  }
  for (const slot of Object.keys(ready) as Slot[]) {
    for (const { name, module, options } of plan[slot]) {
      await scope.fastify.register(
        fp(
          async () => {
            ready[slot].push({ name, stage: await module.setup(scope, options as never) })
          },
          { name: `${slot}:${name}` },
        ),
      )
    }
  }
  await scope.fastify.ready()
  return ready
}

const NO_OPTIONS = { type: 'object', properties: {}, additionalProperties: false } as unknown as TSchema

/** Fills the defaults into `options`; a module without a schema takes none. */
const checkOptions = (
  module: DeclaredModule,
  options: Record<string, unknown>,
  pointer: string,
): ConfigurationProblem[] => checkAgainst(module.options ?? NO_OPTIONS, options, pointer)

const importModule = async (
  declared: ModuleConfig,
  directory: string,
  standard: StandardStages,
  problems: ConfigurationProblem[],
): Promise<Pick<LoadedModule, 'module' | 'file'> | undefined> => {
  const { name, module: specifier, pointer } = declared
  if (specifier === undefined) {
    if (name in standard) return { module: standard[name as Slot], file: undefined }
    const known = Object.keys(standard)
      .map((one) => `"${one}"`)
      .join(', ')
    problems.push({
      pointer,
      message: `module "${name}" needs a file or package in "module"; only the standard ones (${known}) need none`,
    })
    return undefined
  }
  try {
    const file = resolve(specifier, directory)
    const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    const found = Object.values(exported).find(isModule)
    if (found) return { module: found, file }
    problems.push({
      pointer: `${pointer}/module`,
      message: `${specifier} exports no module; make one with defineStage or defineAdapter and export it`,
    })
  } catch (error) {
    problems.push({ pointer: `${pointer}/module`, message: `cannot be loaded: ${messageOf(error)}` })
  }
  return undefined
}

/** A package is looked for beside the configuration file, where its administrator installs it, not beside webgarden. */
const resolve = (specifier: string, directory: string): string => {
  if (isAbsolute(specifier)) return specifier
  return createRequire(join(directory, 'applicationHost.json')).resolve(specifier)
}

const isModule = (value: unknown): value is DeclaredModule =>
  typeof value === 'object' &&
  value !== null &&
  ['stage', 'adapter'].includes((value as { kind?: string }).kind ?? '')

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
