/** Checks what applications ask of the adapters: that their type is known, and that their options fit it. */
import type { AdapterModule } from '../contract/adapter.js'
import type { ApplicationConfig, HandlerConfig, ServerConfig } from '../contract/config.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { checkOptions } from './check-options.js'

/** An adapter, and the options that its own entry in `modules` gives to all of its applications. */
export interface KnownAdapter {
  readonly adapter: AdapterModule
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * @returns the configuration with the adapters' defaults in the options of those applications and handlers that name a type.
 * @throws ConfigurationError with all that is wrong at once.
 */
export const completeApplications = async (
  config: ServerConfig,
  adapters: readonly KnownAdapter[],
): Promise<ServerConfig> => {
  const completion = new Completion(adapters, config.directory)
  const sites = []
  for (const site of config.sites) {
    const applications = []
    for (const application of site.applications) applications.push(await completion.application(application))
    sites.push({ ...site, applications })
  }
  const { problems } = completion
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
  return { ...config, sites }
}

class Completion {
  readonly problems: ConfigurationProblem[] = []
  private readonly adapters: readonly KnownAdapter[]
  private readonly directory: string

  constructor(adapters: readonly KnownAdapter[], directory: string) {
    this.adapters = adapters
    this.directory = directory
  }

  async application(application: ApplicationConfig): Promise<ApplicationConfig> {
    const { type, module, pointer } = application
    if (type === undefined && application.handlers.length === 0) return application
    const handlers = []
    for (const handler of application.handlers) handlers.push(await this.handler(handler))
    const found = type === undefined ? undefined : this.adapterOf(type, pointer)
    if (!found) return { ...application, handlers }
    const { name, needsModule } = found.adapter
    if (module === undefined && needsModule !== false) {
      this.report(pointer, `an application of type "${name}" needs a "module"`)
    }
    return { ...application, handlers, options: await this.options(found, application.options, pointer) }
  }

  private async handler(handler: HandlerConfig): Promise<HandlerConfig> {
    const { type, options, pointer } = handler
    const found = type === undefined ? undefined : this.adapterOf(type, pointer)
    if (!found) return handler
    const { name, needsModule } = found.adapter
    if (needsModule !== false) {
      const remedy = 'a handler is of a type that needs no module, such as "static"'
      this.report(`${pointer}/type`, `"${name}" hosts whole applications; ${remedy}`)
    }
    return { ...handler, options: await this.options(found, options, pointer) }
  }

  private adapterOf(type: string, pointer: string): KnownAdapter | undefined {
    const found = this.adapters.find(({ adapter }) => adapter.name === type)
    if (!found) {
      const known = [...new Set(this.adapters.map(({ adapter }) => `"${adapter.name}"`))].join(', ')
      this.report(`${pointer}/type`, `there is no adapter "${type}"; known are ${known}`)
    }
    return found
  }

  private async options(
    { adapter, options: common }: KnownAdapter,
    given: Readonly<Record<string, unknown>>,
    pointer: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (!adapter.options) return given
    const options = structuredClone({ ...common, ...given }) as Record<string, unknown>
    const problems = await checkOptions(adapter.options, options, `${pointer}/options`, this.directory)
    for (const problem of problems) this.report(problem.pointer, problem.message)
    return options
  }

  /** A handler that several applications inherit is wrong once. */
  private report(pointer: string, message: string): void {
    if (this.problems.some((known) => known.pointer === pointer && known.message === message)) return
    this.problems.push({ pointer, message })
  }
}
