/** Recycling when the files of a pool's applications change: which files count, and when a change is complete. */
import { dirname, isAbsolute, relative, sep } from 'node:path'
import type { Clock } from '../clock.js'
import type { ApplicationConfig, PoolConfig, ServerConfig } from '../contract/config.js'
import type { Machine } from '../contract/machine.js'

type Settings = PoolConfig['recycling']['onFileChange']

/**
 * What is watched for a pool. Files that `static` serves are read anew by each request; and whoever names no physicalPath
 * has the configuration's folder, which is nobody's in particular.
 */
export const watchedPaths = (
  { paths }: Settings,
  applications: readonly Pick<ApplicationConfig, 'module' | 'physicalPath'>[],
  directory: string,
): string[] => {
  if (paths.length > 0) return [...paths]
  const found = new Set<string>()
  for (const { module, physicalPath } of applications) {
    if (module === undefined) continue
    if (isAbsolute(module)) found.add(dirname(module))
    if (physicalPath !== directory) found.add(physicalPath)
  }
  return [...found]
}

/** What the server itself writes, and its configuration, which is looked after elsewhere. */
export const ownPaths = (config: ServerConfig): string[] => [
  config.file,
  config.log.errorLoggingDir,
  config.log.centralBinaryLogFile.directory,
  config.log.centralW3CLogFile.directory,
  ...(config.eventLog.file === undefined ? [] : [config.eventLog.file]),
  ...config.sites.map(({ logFile }) => logFile.directory),
]

/** Passes over packages, hidden files and folders, logs, and what is the server's own, wherever below `roots`. */
export const ignoredBelow = (
  roots: readonly string[],
  own: readonly string[],
): ((path: string) => boolean) => {
  const owned = own.filter((path) => !roots.includes(path))
  return (path) => {
    if (roots.includes(path)) return false
    if (owned.some((one) => isAt(path, one)) || path.endsWith('.log')) return true
    const root = roots.find((one) => isAt(path, one))
    if (root === undefined) return false
    return relative(root, path)
      .split(sep)
      .some((segment) => segment === 'node_modules' || segment.startsWith('.'))
  }
}

const isAt = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep)

export interface FileChangeOptions {
  readonly clock: Clock
  readonly machine: Machine
  readonly roots: readonly string[]
  readonly own: readonly string[]
  /** Milliseconds that nothing may have changed for. */
  readonly delay: number
  /** Answers whether the change has been taken notice of; if not, it is told again after the delay. */
  readonly changed: (path: string) => boolean
  readonly failed: (error: Error) => void
}

/** Tells of a change once it is complete. Returns what ends the watch. */
export const onFileChange = (options: FileChangeOptions): (() => void) => {
  const { clock, machine, roots, own, delay, changed, failed } = options
  let cancel: () => void = () => undefined
  const settle = (path: string): void => {
    cancel()
    cancel = clock.after(delay, () => {
      if (!changed(path)) settle(path)
    })
  }
  const close = machine.watchFiles({
    paths: roots,
    ignored: ignoredBelow(roots, own),
    changed: settle,
    failed,
  })
  return () => {
    cancel()
    close()
  }
}
