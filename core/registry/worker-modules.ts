/** Checks what applications give to the standard modules of the worker's pipeline; others are checked by their workers. */
import type { ApplicationConfig, ExtensionConfig, ServerConfig } from '../contract/config.js'
import type { WorkerModule } from '../contract/worker-module.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { checkOptions } from './check-options.js'

/**
 * Only modules that are part of webgarden are imported here: no application's code runs in the listener.
 *
 * @param standard - by name, imported when one is listed
 * @returns the configuration with their defaults in the options of standard modules.
 * @throws ConfigurationError with all that is wrong at once.
 */
export const completeWorkerModules = async (
  config: ServerConfig,
  standard: Readonly<Record<string, () => Promise<WorkerModule>>>,
): Promise<ServerConfig> => {
  const problems: ConfigurationProblem[] = []
  const report = (problem: ConfigurationProblem): void => {
    // What applications inherit from their site is wrong once, where it stands.
    const known = problems.some(
      ({ pointer, message }) => pointer === problem.pointer && message === problem.message,
    )
    if (!known) problems.push(problem)
  }
  const complete = async (entry: ExtensionConfig): Promise<ExtensionConfig> => {
    const { name, module, pointer } = entry
    if (module !== undefined) return entry
    if (!Object.hasOwn(standard, name)) {
      const known = Object.keys(standard).map((one) => `"${one}"`)
      report({
        pointer,
        message: `there is no standard module "${name}" (known are ${known.join(', ')}); others need a "module"`,
      })
      return entry
    }
    const found = await standard[name]?.()
    const options = structuredClone(entry.options) as Record<string, unknown>
    const wrong = await checkOptions(found?.options, options, `${pointer}/options`, config.directory)
    wrong.forEach(report)
    return { ...entry, options }
  }
  const sites = []
  for (const site of config.sites) {
    const applications: ApplicationConfig[] = []
    for (const application of site.applications) {
      const modules = []
      for (const entry of application.modules) modules.push(await complete(entry))
      applications.push(modules.length === 0 ? application : { ...application, modules })
    }
    sites.push({ ...site, applications })
  }
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  return { ...config, sites }
}
