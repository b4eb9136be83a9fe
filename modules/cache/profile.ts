/** IIS's caching profiles: which policy of the configuration a URL falls under. */
import type { Application } from '../../core/index.js'

type Caching = Application['config']['caching']
type ProfileConfig = Caching['profiles'][number]

/** Until the file behind the URL changes: as good as for ever. */
const FOREVER = 365 * 86_400_000

export interface Profile {
  readonly kind: 'never' | 'untilChange' | 'forPeriod'
  /** Milliseconds that a response is fresh. */
  readonly lifetime: number
  /** Lower case, in the form of a Vary; '' without any. */
  readonly varyByHeaders: string
  /** Parameters that tell responses apart, sorted; null where the whole query does. */
  readonly parameters: readonly string[] | null
}

interface Rule extends Profile {
  readonly extension: string
  readonly path: string
  readonly isPrefix: boolean
}

const compiled = new WeakMap<Caching, readonly Rule[]>()

/**
 * The profile for a path; null where none fits.
 *
 * @param path - decoded, as the route stage goes by it.
 */
export const profileOf = (application: Application, path: string): Profile | null => {
  const { caching } = application.config
  if (caching.profiles.length === 0) return null
  let rules = compiled.get(caching)
  if (!rules) compiled.set(caching, (rules = compile(caching.profiles)))
  const below = application.path === '/' ? path : path.slice(application.path.length)
  const extension = extensionOf(below)
  return rules.find((rule) => fits(rule, below === '' ? '/' : below, extension)) ?? null
}

/** The longest path first, exact ones before those that go on; then an extension before all of them. */
const compile = (profiles: readonly ProfileConfig[]): Rule[] =>
  profiles.map(ruleOf).sort((one, other) => weightOf(other) - weightOf(one))

const weightOf = ({ path, isPrefix, extension }: Rule): number =>
  path.length * 4 + (isPrefix ? 0 : 2) + (extension === '*' ? 0 : 1)

const ruleOf = ({
  extension,
  path,
  duration,
  varyByHeaders,
  varyByQueryString,
  ...own
}: ProfileConfig): Rule => {
  const kind = KINDS[own.policy] === 'never' ? KINDS[own.kernelCachePolicy] : KINDS[own.policy]
  const listed = varyByQueryString.split(',').map((name) => name.trim())
  const parameters = listed.filter((name) => name !== '').sort()
  return {
    kind,
    lifetime: kind === 'forPeriod' ? duration : FOREVER,
    varyByHeaders: varyByHeaders.toLowerCase(),
    parameters: parameters.length === 0 || parameters.includes('*') ? null : parameters,
    extension: extension.toLowerCase(),
    path: path.replace(/\*$/, '').toLowerCase(),
    isPrefix: path.endsWith('*'),
  }
}

const KINDS = {
  DontCache: 'never',
  CacheUntilChange: 'untilChange',
  CacheForTimePeriod: 'forPeriod',
  DisableCache: 'never',
  0: 'never',
  1: 'untilChange',
  2: 'forPeriod',
  3: 'never',
} as const

const fits = (rule: Rule, path: string, extension: string): boolean => {
  if (rule.extension !== '*' && rule.extension !== extension) return false
  const lower = path.toLowerCase()
  return rule.isPrefix ? lower.startsWith(rule.path) : lower === rule.path
}

const extensionOf = (path: string): string => {
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') ? path.slice(dot).toLowerCase() : ''
}
