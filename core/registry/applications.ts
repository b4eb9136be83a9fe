/** Checks what applications ask of the adapters: that their type is known, and that their options fit it. */
import type { AdapterModule } from '../contract/adapter.js'
import type { ApplicationConfig, ServerConfig } from '../contract/config.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { checkOptions } from './check-options.js'

/** An adapter, and the options that its own entry in `modules` gives to all of its applications. */
export interface KnownAdapter {
  readonly adapter: AdapterModule
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * @returns the configuration with the adapters' defaults in the options of those applications that name a type.
 * @throws ConfigurationError with all that is wrong at once.
 */
export const completeApplications = async (
  config: ServerConfig,
  adapters: readonly KnownAdapter[],
): Promise<ServerConfig> => {
  const problems: ConfigurationProblem[] = []
  const complete = async (application: ApplicationConfig): Promise<ApplicationConfig> => {
    const { type, module, pointer } = application
    if (type === undefined) return application
    const found = adapters.find(({ adapter }) => adapter.name === type)
    if (!found) {
      const known = [...new Set(adapters.map(({ adapter }) => `"${adapter.name}"`))].join(', ')
      problems.push({
        pointer: `${pointer}/type`,
        message: `there is no adapter "${type}"; known are ${known}`,
      })
      return application
    }
    const { adapter, options: common } = found
    if (module === undefined && adapter.needsModule !== false) {
      problems.push({ pointer, message: `an application of type "${type}" needs a "module"` })
    }
    if (!adapter.options) return application
    const options = structuredClone({ ...common, ...application.options }) as Record<string, unknown>
    problems.push(...(await checkOptions(adapter.options, options, `${pointer}/options`, config.directory)))
    return { ...application, options }
  }
  const sites = []
  for (const site of config.sites) {
    const applications = []
    for (const application of site.applications) applications.push(await complete(application))
    sites.push({ ...site, applications })
  }
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  return { ...config, sites }
}
