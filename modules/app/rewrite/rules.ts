/** The rules for requests, compiled once, run one after the other. */
import type { HttpContext, SettledOutcome } from '../../../core/index.js'
import { actionOf, type Action } from './action.js'
import { conditionsOf, type Conditions } from './conditions.js'
import type { RewriteMapOptions, RuleOptions, ServerVariableOptions } from './options.js'
import { matcherOf, type Matcher } from './pattern.js'
import { templateOf, type Maps, type References, type Template } from './template.js'
import { setVariable, variablesOf } from './variables.js'

interface Rule {
  readonly name: string
  readonly match: Matcher
  readonly conditions: Conditions
  readonly variables: readonly (Omit<ServerVariableOptions, 'value'> & { readonly value: Template })[]
  readonly action: Action
  readonly stops: boolean
  readonly rewrites: boolean
}

export const mapsOf = (maps: readonly RewriteMapOptions[]): Maps =>
  new Map(
    maps.map(({ name, defaultValue, ignoreCase, add }) => {
      const fold = ignoreCase ? (key: string) => key.toLowerCase() : (key: string) => key
      const values = new Map(Object.entries(add).map(([key, value]) => [fold(key), value]))
      return [name.toLowerCase(), (key: string) => values.get(fold(key)) ?? defaultValue]
    }),
  )

/** @throws Error that names the rule that is wrong. */
export const rulesOf = (
  rules: readonly RuleOptions[],
  maps: Maps,
  allowSlow: boolean,
): ((ctx: HttpContext) => SettledOutcome) => {
  const compiled = rules.filter(({ enabled }) => enabled).map((rule) => compile(rule, maps, allowSlow))
  return (ctx) => {
    const variable = variablesOf(ctx)
    let input = ctx.path.slice(1)
    for (const rule of compiled) {
      const found = rule.match(input)
      if (!found) continue
      const conditions = rule.conditions({ rule: found, conditions: [], variable })
      if (!conditions) continue
      const references: References = { rule: found, conditions, variable }
      for (const { name, value, replace } of rule.variables) {
        setVariable(ctx, name, value(references), replace)
      }
      const outcome = rule.action(ctx, references)
      if (ctx.onTrace) ctx.trace('rewrite', `rule "${rule.name}": ${outcome}, ${ctx.request.url ?? ''}`)
      if (outcome === 'FINISH') return outcome
      if (rule.stops) return 'CONTINUE'
      if (rule.rewrites) input = ctx.path.slice(1)
    }
    return 'CONTINUE'
  }
}

const compile = (options: RuleOptions, maps: Maps, allowSlow: boolean): Rule => {
  const { name, patternSyntax, match, conditions, serverVariables, action, stopProcessing } = options
  try {
    return {
      name,
      match: matcherOf({ ...match, pattern: match.url }, patternSyntax, allowSlow),
      conditions: conditionsOf(conditions, patternSyntax, maps, allowSlow),
      variables: serverVariables.map((one) => ({ ...one, value: templateOf(one.value, maps) })),
      action: actionOf(action, maps),
      stops: stopProcessing,
      rewrites: action.type === 'Rewrite',
    }
  } catch (error) {
    throw new Error(`Rule "${name}": ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
