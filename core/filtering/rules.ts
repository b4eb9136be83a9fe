/** Makes the rules of one application from its `requestFiltering`, once, so that requests only run them. */
import type { AllowList, FilteringConfig, FilteringRuleConfig } from '../config/schema/request-filtering.js'
import type { ErrorCode } from '../errors.js'
import type { LookedAt } from './looked-at.js'

/** What a rule has against a request; null for nothing. */
export type Rule = (looked: LookedAt) => ErrorCode | null

/**
 * In the order in which they are tried; none where nothing but limits is declared. The order is that of the cost: a request
 * that breaks several rules is answered with the first of them.
 */
export const rulesOf = (config: FilteringConfig): readonly Rule[] => {
  const allowed = new Set(config.alwaysAllowedUrls.map(({ url }) => url.toLowerCase()))
  const aboutPaths = [
    ...sequences(config.denyUrlSequences.map(({ sequence }) => sequence)),
    ...extensions(config.fileExtensions),
    ...hidden(config.hiddenSegments.add.map(({ segment }) => segment)),
  ]
  return [
    ...verbs(config.verbs),
    ...headerLimits(config.requestLimits.headerLimits),
    ...(config.checksEscapes && !config.allowDoubleEscaping ? [doubleEscape] : []),
    ...(config.allowHighBitCharacters ? [] : [highBit]),
    ...(allowed.size === 0 || aboutPaths.length === 0
      ? aboutPaths
      : [(looked: LookedAt) => (allowed.has(looked.path) ? null : firstOf(aboutPaths, looked))]),
    ...querySequences(config),
    ...config.filteringRules.map((rule) => filteringRule(rule, config, allowed)),
  ]
}

export const firstOf = (rules: readonly Rule[], looked: LookedAt): ErrorCode | null => {
  for (const rule of rules) {
    const code = rule(looked)
    if (code !== null) return code
  }
  return null
}

/** Undefined for a list that allows everything. */
const allowing = <K extends string>(
  { allowUnlisted, add }: AllowList<K>,
  nameOf: (entry: AllowList<K>['add'][number]) => string,
): ((name: string) => boolean) | undefined => {
  if (allowUnlisted && add.every(({ allowed }) => allowed)) return undefined
  const listed = new Map(add.map((entry) => [nameOf(entry), entry.allowed]))
  return (name) => listed.get(name) ?? allowUnlisted
}

const verbs = (list: FilteringConfig['verbs']): Rule[] => {
  // Methods are case-sensitive, and nobody means the other `get`.
  const allows = allowing(list, ({ verb }) => verb.toUpperCase())
  return allows ? [({ request }) => (allows(request.method) ? null : 'VERB_DENIED')] : []
}

const extensions = (list: FilteringConfig['fileExtensions']): Rule[] => {
  const allows = allowing(list, ({ fileExtension }) => dotted(fileExtension))
  return allows ? [(looked) => (allows(looked.extension) ? null : 'EXTENSION_DENIED')] : []
}

const dotted = (extension: string): string =>
  (extension.startsWith('.') ? extension : `.${extension}`).toLowerCase()

const hidden = (names: readonly string[]): Rule[] => {
  if (names.length === 0) return []
  const segments = new Set(names.map((name) => name.toLowerCase()))
  return [(looked) => (looked.segments.some((one) => segments.has(one)) ? 'HIDDEN_SEGMENT' : null)]
}

const lowered = (texts: readonly string[]): string[] => texts.map((text) => text.toLowerCase())

const sequences = (denied: readonly string[]): Rule[] => {
  if (denied.length === 0) return []
  const all = lowered(denied)
  return [
    ({ path, rawPath }) =>
      all.some((one) => path.includes(one) || rawPath.includes(one)) ? 'URL_SEQUENCE_DENIED' : null,
  ]
}

const querySequences = ({
  denyQueryStringSequences,
  alwaysAllowedQueryStrings,
  unescapeQueryString,
}: FilteringConfig): Rule[] => {
  if (denyQueryStringSequences.length === 0) return []
  const all = lowered(denyQueryStringSequences.map(({ sequence }) => sequence))
  const allowed = allowedQueries(alwaysAllowedQueryStrings)
  return [
    (looked) => {
      if (looked.request.query === '' || allowed.has(looked.request.query)) return null
      const queries = looked.queries(unescapeQueryString)
      return all.some((one) => queries.some((query) => query.includes(one))) ? 'QUERY_SEQUENCE_DENIED' : null
    },
  ]
}

/** IIS's own examples write them with and without the mark. */
const allowedQueries = (list: FilteringConfig['alwaysAllowedQueryStrings']): ReadonlySet<string> =>
  new Set(list.map(({ queryString }) => queryString.replace(/^\?/, '')))

const headerLimits = (limits: FilteringConfig['requestLimits']['headerLimits']): Rule[] => {
  if (limits.length === 0) return []
  const longest = new Map(limits.map(({ header, sizeLimit }) => [header.toLowerCase(), sizeLimit]))
  return [
    ({ request: { rawHeaders } }) => {
      for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
        const limit = longest.get(rawHeaders[at]?.toLowerCase() ?? '')
        if (limit !== undefined && (rawHeaders[at + 1]?.length ?? 0) > limit) return 'HEADER_OVER_LIMIT'
      }
      return null
    },
  ]
}

/** As the validate stage looks for it: decodes to `%` and two hexadecimal digits. */
const DOUBLE_ESCAPE = /%25(?:[\da-f]|%3\d|%[46][1-6]){2}/

const doubleEscape: Rule = ({ rawPath }) => (DOUBLE_ESCAPE.test(rawPath) ? 'DOUBLE_ESCAPE_DENIED' : null)

const highBit: Rule = ({ request: { path, query } }) =>
  /[^\0-\x7f]/.test(path) || /[^\0-\x7f]|%[89a-f][\da-f]/i.test(query) ? 'HIGH_BIT_CHARACTER' : null

const UNESCAPED_PERCENT = /%(?![\da-f]{2})/

const filteringRule = (
  rule: FilteringRuleConfig,
  { unescapeQueryString, alwaysAllowedQueryStrings }: FilteringConfig,
  allowedPaths: ReadonlySet<string>,
): Rule => {
  const extensionsOfRule = new Set(rule.appliesTo.map(({ fileExtension }) => dotted(fileExtension)))
  const denied = lowered(rule.denyStrings.map(({ string }) => string))
  const headers = new Set(rule.scanHeaders.map(({ requestHeader }) => requestHeader.toLowerCase()))
  const allowed = allowedQueries(alwaysAllowedQueryStrings)
  const finds = (text: string): boolean => denied.some((one) => text.includes(one))
  const percent = (text: string): boolean => rule.denyUnescapedPercent && UNESCAPED_PERCENT.test(text)
  const inUrl = ({ path, rawPath }: LookedAt): boolean => finds(path) || finds(rawPath) || percent(rawPath)
  const inQuery = (looked: LookedAt): boolean =>
    !allowed.has(looked.request.query) &&
    (looked.queries(unescapeQueryString).some(finds) || percent(looked.request.query.toLowerCase()))
  const inHeaders = ({ request: { rawHeaders } }: LookedAt): boolean =>
    rawHeaders.some(
      (name, at) =>
        at % 2 === 0 && headers.has(name.toLowerCase()) && finds((rawHeaders[at + 1] ?? '').toLowerCase()),
    )
  return (looked) => {
    if (extensionsOfRule.size > 0 && !extensionsOfRule.has(looked.extension)) return null
    const found =
      (rule.scanUrl && !allowedPaths.has(looked.path) && inUrl(looked)) ||
      (rule.scanQueryString && inQuery(looked)) ||
      (headers.size > 0 && inHeaders(looked)) ||
      (rule.scanAllRaw && finds(rawTextOf(looked)))
    return found ? 'FILTERING_RULE' : null
  }
}

const rawTextOf = ({ request }: LookedAt): string => {
  let text = `${request.method} ${request.target} HTTP/${request.httpVersion}\r\n`
  const { rawHeaders } = request
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    text += `${rawHeaders[at] ?? ''}: ${rawHeaders[at + 1] ?? ''}\r\n`
  return text.toLowerCase()
}
