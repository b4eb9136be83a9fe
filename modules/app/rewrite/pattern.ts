/** The three ways of writing a pattern, as one function. */
import { safeRegex } from 'safe-regex2'
import type { PatternSyntax } from './options.js'

/** Whole match and groups; null where it does not match. */
export type Matcher = (input: string) => readonly (string | undefined)[] | null

export interface Pattern {
  readonly pattern: string
  readonly ignoreCase: boolean
  readonly negate: boolean
}

/**
 * A negated pattern has no groups.
 *
 * @param allowSlow - takes regular expressions too whose time can grow with a power of the input's length
 * @throws Error that says what is wrong with the pattern.
 */
export const matcherOf = (
  { pattern, ignoreCase, negate }: Pattern,
  syntax: PatternSyntax,
  allowSlow: boolean,
): Matcher => {
  const match = plainMatcher(pattern, ignoreCase, syntax, allowSlow)
  return negate ? (input) => (match(input) ? null : NOTHING) : match
}

const NOTHING: readonly string[] = []

const plainMatcher = (
  pattern: string,
  ignoreCase: boolean,
  syntax: PatternSyntax,
  allowSlow: boolean,
): Matcher => {
  if (syntax === 'ExactMatch') {
    const wanted = ignoreCase ? pattern.toLowerCase() : pattern
    return (input) => ((ignoreCase ? input.toLowerCase() : input) === wanted ? [input] : null)
  }
  const source = syntax === 'Wildcard' ? wildcard(pattern) : pattern
  const expression = new RegExp(source, `${ignoreCase ? 'i' : ''}${syntax === 'Wildcard' ? 's' : ''}`)
  if (syntax === 'ECMAScript' && !allowSlow && !safeRegex(expression)) {
    throw new Error(
      `the pattern ${pattern} repeats what repeats, and some input could keep it busy for long; write it otherwise, ` +
        'or set allowSlowPatterns',
    )
  }
  return (input) => expression.exec(input)
}

/** Each `*` is a group. Lazy ones would not be right: the last must reach the end anyway. */
const wildcard = (pattern: string): string =>
  `^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\*+/g, '(.*)')}$`
