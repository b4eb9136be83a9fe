/** Imports the modules that the configuration declares and checks their options. */
import { pathToFileURL } from 'node:url'
import { satisfies } from 'semver'
import { version } from '../version.js'
import type { ModuleConfig, ServerConfig } from '../contract/config.js'
import type { Slot } from '../contract/stage.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { checkOptions } from './check-options.js'
import { resolveModule } from './resolve-module.js'
import type { DeclaredModule, LoadedModule, StandardStages } from './loaded.js'

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
 * file gives the standard one its options.
 *
 * @throws ConfigurationError with all that is wrong at once.
 */
export const loadModules = async (
  config: ServerConfig,
  standard: StandardStages,
): Promise<readonly LoadedModule[]> => {
  const problems: ConfigurationProblem[] = []
  const loaded: LoadedModule[] = []
  for (const declared of config.modules) {
    try {
      const { module, file } = await importDeclared(declared, config.directory, standard)
      const options = structuredClone(declared.options) as Record<string, unknown>
      const pointer = `${declared.pointer}/options`
      // An adapter's options are completed by each application, and checked there.
      if (module.kind !== 'adapter') {
        problems.push(...(await checkOptions(module.options, options, pointer, config.directory)))
      }
      loaded.push({ name: declared.name, module, options, file })
    } catch (error) {
      if (!(error instanceof ImportFailure)) throw error
      problems.push({ pointer: error.pointer, message: error.message })
    }
  }
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  for (const [name, module] of Object.entries(standard)) {
    if (loaded.some((one) => one.name === name)) continue
    const options = {}
    await checkOptions(module.options, options, '', config.directory)
    loaded.push({ name, module, options, file: undefined })
  }
  return loaded
}

/** @throws ImportFailure */
const importDeclared = async (
  { name, module: specifier, pointer }: ModuleConfig,
  directory: string,
  standard: StandardStages,
): Promise<Pick<LoadedModule, 'module' | 'file'>> => {
  if (specifier === undefined) {
    if (Object.hasOwn(standard, name)) return { module: standard[name as Slot], file: undefined }
    const known = Object.keys(standard).map((one) => `"${one}"`)
    const message = `module "${name}" needs a file or package in "module"; only the standard ones (${known.join(', ')}) need none`
    throw new ImportFailure(pointer, message)
  }
  let file: string
  let exported: Record<string, unknown>
  try {
    file = resolveModule(specifier, directory)
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ImportFailure(`${pointer}/module`, `cannot be loaded: ${message}`)
  }
  const module = Object.values(exported).find(isModule)
  if (
    module &&
    module.kind !== 'adapter' &&
    module.webgarden !== undefined &&
    !satisfies(version, module.webgarden)
  ) {
    const message = `is made for webgarden ${module.webgarden}, and this is ${version}; install a version of it that fits`
    throw new ImportFailure(`${pointer}/module`, message)
  }
  if (module) return { module, file }
  throw new ImportFailure(
    `${pointer}/module`,
    `${specifier} exports no module; make one with defineStage, defineAdapter or defineBalancer and export it`,
  )
}

const isModule = (value: unknown): value is DeclaredModule =>
  typeof value === 'object' &&
  value !== null &&
  ['stage', 'adapter', 'balancer'].includes(String((value as { kind?: unknown }).kind))
