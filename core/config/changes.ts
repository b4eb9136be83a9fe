/** What can be said of the changes between two configurations: in words, and what follows from them. */
import type { ChangedKey } from './changed-keys.js'
import type { ConfigurationChanges, SiteChange } from './diff.js'
import { freeze } from './freeze.js'
import type { ServerConfig } from './schema/index.js'

/** One line for each change, without any values. */
export const describeChanges = (changes: ConfigurationChanges): string[] => [
  ...changes.server.map(({ key }) => key),
  ...changes.addedPools.map(({ name }) => `pool "${name}" added`),
  ...changes.removedPools.map(({ name }) => `pool "${name}" removed`),
  ...changes.changedPools.map(({ after, keys }) => `pool "${after.name}": ${list(keys)}`),
  ...changes.addedSites.map(({ name }) => `site "${name}" added`),
  ...changes.removedSites.map(({ name }) => `site "${name}" removed`),
  ...changes.changedSites.flatMap(describeSite),
]

const describeSite = ({ after: { name }, keys, added, removed, changed }: SiteChange): string[] => [
  ...(keys.length > 0 ? [`site "${name}": ${list(keys)}`] : []),
  ...added.map(({ path }) => `application "${name}${path}" added`),
  ...removed.map(({ path }) => `application "${name}${path}" removed`),
  ...changed.map((one) => `application "${name}${one.after.path}": ${list(one.keys)}`),
]

const list = (keys: readonly ChangedKey[]): string => keys.map(({ key }) => key).join(', ')

/** The keys that only a new start of the server puts in force. */
export const needsRestart = (changes: ConfigurationChanges): string[] =>
  changes.server.filter(({ effect }) => effect === 'restart').map(({ key }) => key)

/**
 * What can be put in force without a new start: the new configuration with the old one's values of all keys that need
 * one.
 *
 * @param waits - these keys: `needsRestart`
 */
export const untilRestart = (
  before: ServerConfig,
  after: ServerConfig,
  waits: readonly string[],
): ServerConfig => {
  const kept: Record<string, unknown> = {}
  for (const key of waits) {
    const [section = '', ...path] = key.split('.')
    const old = before[section as keyof ServerConfig]
    const now = kept[section] ?? after[section as keyof ServerConfig]
    kept[section] = path.length === 0 || !WITH_LIVE_KEYS.has(section) ? old : keep(old, now, path)
  }
  if (waits.includes('isolationMode')) for (const key of OF_THE_MODE) kept[key] = before[key]
  return Object.keys(kept).length === 0 ? after : freeze({ ...after, ...kept })
}

/** Who runs where is another thing in another mode. */
const OF_THE_MODE = ['applicationPools', 'sites', 'settingsWithoutEffect'] as const

/** Sections of which some keys are live, some are not. */
const WITH_LIVE_KEYS: ReadonlySet<string> = new Set(['eventLog', 'webLimits'])

const keep = (old: unknown, now: unknown, [key = '']: readonly string[]): unknown => {
  const value = (old as Record<string, unknown>)[key]
  const mixed = { ...(now as Record<string, unknown>), [key]: value }
  if (value === undefined) Reflect.deleteProperty(mixed, key)
  return mixed
}

/** Whether a URL may have become somebody else's, or its response another one: what was kept of it is not to be trusted. */
export const changesResponses = (changes: ConfigurationChanges): boolean =>
  changes.addedSites.length > 0 ||
  changes.removedSites.length > 0 ||
  changes.changedSites.some(
    ({ keys, added, removed, changed }) =>
      added.length + removed.length + changed.length > 0 ||
      keys.some(({ key }) => !/^(limits|logFile)\./.test(key)),
  )
