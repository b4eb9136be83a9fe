/** What `rewrite` can be told, under the names of IIS's URL Rewrite. */
import { choice, count, flag, list, object, optionsOf, record, text } from '../option-schema.js'

export type PatternSyntax = 'ECMAScript' | 'Wildcard' | 'ExactMatch'

export interface PatternOptions {
  readonly pattern: string
  readonly ignoreCase: boolean
  readonly negate: boolean
}

export interface ConditionOptions extends PatternOptions {
  readonly input: string
  readonly matchType: 'Pattern' | 'IsFile' | 'IsDirectory'
}

export interface ConditionsOptions {
  readonly logicalGrouping: 'MatchAll' | 'MatchAny'
  readonly trackAllCaptures: boolean
  readonly add: readonly ConditionOptions[]
}

export interface ServerVariableOptions {
  readonly name: string
  readonly value: string
  readonly replace: boolean
}

export interface ActionOptions {
  readonly type: 'None' | 'Rewrite' | 'Redirect' | 'CustomResponse' | 'AbortRequest'
  readonly url: string
  readonly appendQueryString: boolean
  readonly logRewrittenUrl: boolean
  readonly redirectType: 'Permanent' | 'Found' | 'SeeOther' | 'Temporary' | 'PermRedirect'
  readonly statusCode: number
  readonly subStatusCode: number
  readonly statusReason: string
  readonly statusDescription: string
}

interface RuleBase {
  readonly name: string
  readonly enabled: boolean
  readonly patternSyntax: PatternSyntax
  readonly stopProcessing: boolean
  readonly conditions: ConditionsOptions
}

export interface RuleOptions extends RuleBase {
  readonly match: { readonly url: string; readonly ignoreCase: boolean; readonly negate: boolean }
  readonly serverVariables: readonly ServerVariableOptions[]
  readonly action: ActionOptions
}

export interface OutboundRuleOptions extends RuleBase {
  readonly preCondition: string
  readonly match: PatternOptions & { readonly serverVariable: string }
  readonly action: { readonly type: 'None' | 'Rewrite'; readonly value: string }
}

export interface PreConditionOptions {
  readonly name: string
  readonly patternSyntax: PatternSyntax
  readonly logicalGrouping: 'MatchAll' | 'MatchAny'
  readonly add: readonly ConditionOptions[]
}

export interface RewriteMapOptions {
  readonly name: string
  readonly defaultValue: string
  readonly ignoreCase: boolean
  readonly add: Readonly<Record<string, string>>
}

export interface RewriteOptions {
  readonly rules: readonly RuleOptions[]
  readonly rewriteMaps: readonly RewriteMapOptions[]
  readonly outboundRules: {
    readonly preConditions: readonly PreConditionOptions[]
    readonly rules: readonly OutboundRuleOptions[]
  }
  readonly allowSlowPatterns: boolean
}

const syntax = choice(['ECMAScript', 'Wildcard', 'ExactMatch'], 'ECMAScript', 'How patterns are written.')
const ignoreCase = flag(true, 'Whether letter case does not count.')
const negate = flag(false, 'Whether it must not match.')
const grouping = choice(['MatchAll', 'MatchAny'], 'MatchAll', 'Whether all must hold, or one.')

const conditionList = list(
  object(
    {
      input: text('What is looked at, such as `{HTTP_HOST}`.'),
      matchType: choice(['Pattern', 'IsFile', 'IsDirectory'], 'Pattern', 'How.'),
      pattern: text('What it must match.', { default: '' }),
      ignoreCase,
      negate,
    },
    'input',
  ),
  [],
  'The conditions.',
)

const conditions = object({
  logicalGrouping: grouping,
  trackAllCaptures: flag(false, 'Whether `{C:n}` counts through all conditions, not the last alone.'),
  add: conditionList,
})

const common = {
  name: text('Its name.', { minLength: 1 }),
  enabled: flag(true, 'Whether it is in force.'),
  patternSyntax: syntax,
  stopProcessing: flag(false, 'Whether no rule follows it.'),
  conditions,
}

const rule = object(
  {
    ...common,
    match: object(
      { url: text('The path below the application, without its first slash.'), ignoreCase, negate },
      'url',
    ),
    serverVariables: list(
      object(
        {
          name: text('`HTTP_X_NAME` is a header of the request.', { pattern: '^[A-Za-z][A-Za-z0-9_]*$' }),
          value: text('Its value.', { default: '' }),
          replace: flag(true, 'Whether it takes the place of one that is there.'),
        },
        'name',
      ),
      [],
      'What is set where the rule matches.',
    ),
    action: object(
      {
        type: choice(
          ['None', 'Rewrite', 'Redirect', 'CustomResponse', 'AbortRequest'],
          undefined,
          'What it does.',
        ),
        url: text('For Rewrite and Redirect.', { default: '' }),
        appendQueryString: flag(true, 'Whether the query of the request is kept.'),
        logRewrittenUrl: flag(false, 'Whether the log has the new URL.'),
        redirectType: choice(
          ['Permanent', 'Found', 'SeeOther', 'Temporary', 'PermRedirect'],
          'Permanent',
          '301, 302, 303, 307, 308.',
        ),
        statusCode: count(200, 200, 999, 'For CustomResponse.'),
        subStatusCode: count(0, 0, 999, 'For CustomResponse.'),
        statusReason: text('For CustomResponse: behind the status code.', {
          default: '',
          pattern: '^[\\t -~]*$',
        }),
        statusDescription: text('For CustomResponse: the body.', { default: '' }),
      },
      'type',
    ),
  },
  'name',
  'match',
  'action',
)

const outboundRule = object(
  {
    ...common,
    preCondition: text('Name of a precondition; none is always.', { default: '' }),
    match: object(
      {
        serverVariable: text('`RESPONSE_Location` is the Location field.', { pattern: '^RESPONSE_.+$' }),
        pattern: text('What its value must match.', { default: '.*' }),
        ignoreCase,
        negate,
      },
      'serverVariable',
    ),
    action: object({
      type: choice(['None', 'Rewrite'], 'Rewrite', 'What it does.'),
      value: text('The new value; nothing takes the field away.', { default: '' }),
    }),
  },
  'name',
  'match',
)

export const options = optionsOf<RewriteOptions>({
  rules: list(rule, [], 'Rules for requests, in their order.'),
  rewriteMaps: list(
    object(
      {
        name: text('`{NAME:KEY}` looks a key up.', { minLength: 1 }),
        defaultValue: text('What a key has that is not there.', { default: '' }),
        ignoreCase,
        add: record({ type: 'string' }, 'Keys and values.'),
      },
      'name',
    ),
    [],
    'Maps of keys to values.',
  ),
  outboundRules: object({
    preConditions: list(
      object(
        { name: text('Its name.'), patternSyntax: syntax, logicalGrouping: grouping, add: conditionList },
        'name',
      ),
      [],
      'Conditions under names.',
    ),
    rules: list(outboundRule, [], 'Rules for the header fields of responses.'),
  }),
  allowSlowPatterns: flag(
    false,
    'Whether regular expressions are accepted that some input can keep busy for long.',
  ),
})
