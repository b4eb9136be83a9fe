/** The conditions of a rule, and the groups that they leave for `{C:n}`. */
import { statSync } from 'node:fs'
import type { ConditionsOptions, PatternSyntax } from './options.js'
import { matcherOf, type Matcher } from './pattern.js'
import { templateOf, type Maps, type References, type Template } from './template.js'

/** The groups; null where the conditions do not hold. */
export type Conditions = (references: References) => readonly (string | undefined)[] | null

interface Condition {
  readonly input: Template
  readonly match: Matcher
}

/** @throws Error that says what is wrong with one of them. */
export const conditionsOf = (
  { logicalGrouping, trackAllCaptures, add }: ConditionsOptions,
  syntax: PatternSyntax,
  maps: Maps,
  allowSlow: boolean,
): Conditions => {
  const all = add.map((condition): Condition => {
    const { matchType, negate } = condition
    const match =
      matchType === 'Pattern' ? matcherOf(condition, syntax, allowSlow) : existence(matchType, negate)
    return { input: templateOf(condition.input, maps), match }
  })
  const any = logicalGrouping === 'MatchAny'
  return (references) => {
    let groups: readonly (string | undefined)[] = []
    let so: References = references
    for (const { input, match } of all) {
      const found = match(input(so))
      if (!found && any) continue
      if (!found) return null
      if (found.length > 0) {
        groups = trackAllCaptures && groups.length > 0 ? [...groups, ...found.slice(1)] : found
        so = { rule: references.rule, conditions: groups, variable: references.variable }
      }
      if (any) return groups
    }
    return any && all.length > 0 ? null : groups
  }
}

/** Looked up at once: a `stat` of a local file is quicker than the way through node's threads. */
const existence =
  (kind: 'IsFile' | 'IsDirectory', negate: boolean): Matcher =>
  (path) => {
    const found = path.includes('\0') ? undefined : statSync(path, { throwIfNoEntry: false })
    const is = kind === 'IsFile' ? found?.isFile() : found?.isDirectory()
    return (is === true) === negate ? null : []
  }
