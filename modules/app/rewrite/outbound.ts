/** Rules for the header fields of responses: a Location that is to lead elsewhere, a field that is to go. */
import type { HttpContext } from '../../../core/index.js'
import { conditionsOf, type Conditions } from './conditions.js'
import type { ConditionOptions, OutboundRuleOptions, PreConditionOptions, RewriteOptions } from './options.js'
import { matcherOf, type Matcher } from './pattern.js'
import { templateOf, type Maps, type Template } from './template.js'
import { variablesOf } from './variables.js'

interface Rule {
  readonly field: string
  readonly preCondition: Conditions | undefined
  readonly match: Matcher
  readonly conditions: Conditions
  readonly value: Template | null
  readonly stops: boolean
}

/** Null where there are no rules. @throws Error that names the rule that is wrong. */
export const outboundOf = (
  { preConditions, rules }: RewriteOptions['outboundRules'],
  maps: Maps,
  allowSlow: boolean,
): ((ctx: HttpContext) => void) | null => {
  const enabled = rules.filter((rule) => rule.enabled)
  if (enabled.length === 0) return null
  const named = new Map(preConditions.map((one) => [one.name, preConditionOf(one, maps, allowSlow)]))
  const compiled = enabled.map((rule) => compile(rule, named, maps, allowSlow))
  return (ctx) => {
    const variable = variablesOf(ctx)
    for (const rule of compiled) {
      const nothing = { rule: [], conditions: [], variable }
      if (rule.preCondition && !rule.preCondition(nothing)) continue
      const present = ctx.response.getHeader(rule.field)
      const found = rule.match(present === undefined ? '' : String(present))
      const conditions = found && rule.conditions({ rule: found, conditions: [], variable })
      if (!found || !conditions) continue
      if (rule.value) {
        const value = rule.value({ rule: found, conditions, variable })
        if (value === '') ctx.response.removeHeader(rule.field)
        else ctx.response.setHeader(rule.field, value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ' '))
      }
      if (rule.stops) return
    }
  }
}

const preConditionOf = (
  { logicalGrouping, patternSyntax, add }: PreConditionOptions,
  maps: Maps,
  allowSlow: boolean,
): Conditions =>
  conditionsOf(
    { logicalGrouping, trackAllCaptures: false, add: add.map(withoutFiles) },
    patternSyntax,
    maps,
    allowSlow,
  )

const compile = (
  { name, match, patternSyntax, conditions, action, preCondition, stopProcessing }: OutboundRuleOptions,
  named: ReadonlyMap<string, Conditions>,
  maps: Maps,
  allowSlow: boolean,
): Rule => {
  try {
    if (preCondition !== '' && !named.has(preCondition)) {
      throw new Error(`there is no precondition "${preCondition}"`)
    }
    return {
      field: match.serverVariable.slice('RESPONSE_'.length).replaceAll('_', '-'),
      preCondition: named.get(preCondition),
      match: matcherOf(match, patternSyntax, allowSlow),
      conditions: conditionsOf(conditions, patternSyntax, maps, allowSlow),
      value: action.type === 'Rewrite' ? templateOf(action.value, maps) : null,
      stops: stopProcessing,
    }
  } catch (error) {
    throw new Error(`Outbound rule "${name}": ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** @throws Error */
const withoutFiles = (condition: ConditionOptions): ConditionOptions => {
  if (condition.matchType === 'Pattern') return condition
  throw new Error(`a precondition looks at the response; ${condition.matchType} is for rules`)
}
