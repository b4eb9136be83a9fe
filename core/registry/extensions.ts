/** What is to be known of the modules, filters and handlers that applications list, before a worker loads them. */
import type { ServerConfig } from '../contract/config.js'
import type { ConfigurationProblem } from '../errors.js'

/** One entry of a list, wherever it is inherited. */
export interface ListedExtension {
  readonly kind: 'module' | 'filter' | 'handler'
  readonly name: string
  readonly module: string | undefined
  readonly options: Readonly<Record<string, unknown>>
  readonly pointer: string
  /** Where packages are looked for. */
  readonly folder: string
}

export interface CheckedExtensions {
  readonly problems: readonly ConfigurationProblem[]
  /** By pointer: the options with the defaults of their schema. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Each entry once; handlers that are adapters are checked with those. */
export const listedExtensions = ({ sites }: ServerConfig): ListedExtension[] => {
  const listed = new Map<string, ListedExtension>()
  for (const { applications } of sites) {
    for (const { modules, filters, handlers, physicalPath: folder } of applications) {
      for (const [kind, entries] of [
        ['module', modules],
        ['filter', filters],
        ['handler', handlers.filter(({ module }) => module !== undefined)],
      ] as const) {
        for (const { name, module, options, pointer } of entries) {
          listed.set(pointer, { kind, name, module, options, pointer, folder })
        }
      }
    }
  }
  return [...listed.values()]
}

/** The configuration with the defaults filled in. */
export const withCheckedOptions = (
  config: ServerConfig,
  { options }: Pick<CheckedExtensions, 'options'>,
): ServerConfig => {
  const completed = <T extends { readonly pointer: string; readonly options: object }>(
    entries: readonly T[],
  ): T[] => entries.map((entry) => ({ ...entry, options: options[entry.pointer] ?? entry.options }))
  const sites = config.sites.map((site) => ({
    ...site,
    applications: site.applications.map((application) => ({
      ...application,
      modules: completed(application.modules),
      filters: completed(application.filters),
      handlers: completed(application.handlers),
    })),
  }))
  return { ...config, sites }
}
