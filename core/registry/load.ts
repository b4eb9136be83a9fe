/** Imports the modules that the configuration declares and checks their options. */
import { pathToFileURL } from 'node:url'
import { satisfies } from 'semver'
import { version } from '../version.js'
import type { ModuleConfig, ServerConfig } from '../contract/config.js'
import type { BalancerModule } from '../contract/balancer.js'
import type { Slot, StageModule } from '../contract/stage.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { checkOptions } from './check-options.js'
import { inspectApart } from './inspect-apart.js'
import { resolveModule } from './resolve-module.js'
import type { LoadedModule, StandardLogs, StandardStages } from './loaded.js'
import { moduleOf } from './module-of.js'

/** An import that went wrong, in words for the user. */
class ImportFailure extends Error {
  readonly pointer: string

  constructor(pointer: string, message: string) {
    super(message)
    this.pointer = pointer
  }
}

/**
 * Every declared module, and the standard ones that are not declared. One that is declared under a standard name without a
 * file gives the standard one its options. A log module is never imported here: what is known of it, a thread that has ended has told.
 *
 * @throws ConfigurationError with all that is wrong at once.
 */
export const loadModules = async (
  config: ServerConfig,
  standard: StandardStages,
  standardLogs: StandardLogs = {},
): Promise<readonly LoadedModule[]> => {
  const loader = new Loader(config, standard, standardLogs)
  const all = await Promise.all(config.modules.map((declared) => loader.load(declared)))
  const problems = all.flatMap((one) => one.problems)
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  const loaded = all.flatMap((one) => one.loaded ?? [])
  for (const [name, module] of Object.entries(standard)) {
    if (loaded.some((one) => one.name === name)) continue
    const options = {}
    await checkOptions(module.options, options, '', config.directory)
    loaded.push({ name, module, options, file: undefined })
  }
  return loaded
}

interface Outcome {
  readonly loaded?: LoadedModule
  readonly problems: readonly ConfigurationProblem[]
}

class Loader {
  private readonly directory: string
  private readonly standard: StandardStages
  private readonly standardLogs: StandardLogs
  /** Named by a slot that no log module can stand in: these may be imported without a look at them. */
  private readonly stages: ReadonlySet<string>

  constructor({ directory, pipeline }: ServerConfig, standard: StandardStages, standardLogs: StandardLogs) {
    this.directory = directory
    this.standard = standard
    this.standardLogs = standardLogs
    this.stages = new Set(Object.entries(pipeline).flatMap(([slot, names]) => (slot === 'log' ? [] : names)))
  }

  async load(declared: ModuleConfig): Promise<Outcome> {
    try {
      return await this.find(declared)
    } catch (error) {
      if (!(error instanceof ImportFailure)) throw error
      return { problems: [{ pointer: error.pointer, message: error.message }] }
    }
  }

  /** @throws ImportFailure */
  private async find(declared: ModuleConfig): Promise<Outcome> {
    const { name, module: specifier } = declared
    const options = structuredClone(declared.options) as Record<string, unknown>
    if (specifier === undefined && Object.hasOwn(this.standard, name)) {
      const module = this.standard[name as Slot]
      const problems = await this.check(module, options, declared)
      return { loaded: { name, module, options, file: undefined }, problems }
    }
    const file = this.fileOf(declared)
    const log = this.stages.has(name) ? undefined : await this.lookForLog(declared, file, options)
    return log ?? this.import(declared, file, options)
  }

  private check(
    module: StageModule | BalancerModule,
    options: Record<string, unknown>,
    { pointer }: ModuleConfig,
  ): Promise<readonly ConfigurationProblem[]> {
    return checkOptions(module.options, options, `${pointer}/options`, this.directory)
  }

  /** @throws ImportFailure where there is no such file or package. */
  private fileOf({ name, module: specifier, pointer }: ModuleConfig): string {
    if (specifier === undefined) {
      const { standard, standardLogs } = this
      const own = Object.hasOwn(standardLogs, name) ? standardLogs[name] : undefined
      if (own !== undefined) return own
      const known = [...Object.keys(standard), ...Object.keys(standardLogs)].map((one) => `"${one}"`)
      const message = `module "${name}" needs a file or package in "module"; only the standard ones (${known.join(', ')}) need none`
      throw new ImportFailure(pointer, message)
    }
    try {
      return resolveModule(specifier, this.directory)
    } catch (error) {
      throw new ImportFailure(`${pointer}/module`, cannotBeLoaded(error))
    }
  }

  /** @throws ImportFailure where it cannot be imported there: then it could not be here. */
  private async lookForLog(
    { name, pointer, logWorker }: ModuleConfig,
    file: string,
    options: Record<string, unknown>,
  ): Promise<Outcome | undefined> {
    const { directory } = this
    const found = await inspectApart({ file, options, pointer: `${pointer}/options`, directory })
    if (found.kind === 'failed') throw new ImportFailure(`${pointer}/module`, found.message)
    if (found.kind === 'other') return undefined
    requireVersion(found.webgarden, pointer)
    const loaded = { name, module: found.facts, options: found.options, file, logWorker }
    return { loaded, problems: found.problems }
  }

  /** @throws ImportFailure */
  private async import(
    declared: ModuleConfig,
    file: string,
    options: Record<string, unknown>,
  ): Promise<Outcome> {
    const { name, module: specifier, pointer } = declared
    let exported: Record<string, unknown>
    try {
      exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    } catch (error) {
      throw new ImportFailure(`${pointer}/module`, cannotBeLoaded(error))
    }
    const module = moduleOf(exported)
    if (!module) {
      const message = `${specifier ?? name} exports no module; make one with defineStage, defineLog, defineAdapter or defineBalancer and export it`
      throw new ImportFailure(`${pointer}/module`, message)
    }
    if (module.kind === 'log') {
      const message = 'is a log module, which runs in a worker; a slot other than "log" cannot have it'
      throw new ImportFailure(`${pointer}/module`, message)
    }
    const loaded = { name, module, options, file }
    // An adapter's options are completed by each application, and checked there.
    if (module.kind === 'adapter') return { loaded, problems: [] }
    requireVersion(module.webgarden, pointer)
    return { loaded, problems: await this.check(module, options, declared) }
  }
}

/** @throws ImportFailure */
const requireVersion = (range: string | undefined, pointer: string): void => {
  if (range === undefined || satisfies(version, range)) return
  const message = `is made for webgarden ${range}, and this is ${version}; install a version of it that fits`
  throw new ImportFailure(`${pointer}/module`, message)
}

const cannotBeLoaded = (error: unknown): string =>
  `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`
