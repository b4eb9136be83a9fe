/** The adapters that a configuration can name: those it declares, and the standard ones. */
import type { ServerConfig } from '../../core/contract/config.js'
import type { AdapterSettings } from '../../core/contract/messages.js'
import { ConfigurationError } from '../../core/errors.js'
import type { KnownAdapter } from '../../core/registry/applications.js'
import type { LoadedModule } from '../../core/registry/loaded.js'
import { standardAdapters } from './standard.js'

/** Declared ones come first: an administrator may replace a standard adapter under its name. */
export const knownAdapters = async (modules: readonly LoadedModule[]): Promise<KnownAdapter[]> => [
  ...modules.flatMap(({ module, options }) =>
    module.kind === 'adapter' ? [{ adapter: module, options }] : [],
  ),
  ...(await standardAdapters()).map((adapter) => ({ adapter, options: {} })),
]

/** An adapter that waits for the next start of the server can host nothing yet. */
export const requireAdapters = ({ file, sites }: ServerConfig, known: readonly KnownAdapter[]): void => {
  const names = new Set(known.map(({ adapter }) => adapter.name))
  const problems = sites.flatMap(({ applications }) =>
    applications.flatMap(({ type, pointer }) =>
      type === undefined || names.has(type)
        ? []
        : [{ pointer: `${pointer}/type`, message: `the adapter "${type}" is there only after a restart` }],
    ),
  )
  if (problems.length > 0) throw new ConfigurationError(file, problems)
}

/** Of the declared ones: what a worker must load. */
export const adaptersOf = (modules: readonly LoadedModule[]): AdapterSettings[] =>
  modules.flatMap(({ name, module, file }) =>
    module.kind === 'adapter' && file !== undefined ? [{ name, module: file }] : [],
  )
