/** Conditions of rules: all or any, files, and the groups they leave. */
import { join } from 'node:path'
import t from 'tap'
import { conditionsOf } from '../../../../modules/app/rewrite/conditions.js'
import type { ConditionOptions, ConditionsOptions } from '../../../../modules/app/rewrite/options.js'

const condition = (
  input: string,
  pattern: string,
  more: Partial<ConditionOptions> = {},
): ConditionOptions => ({
  ...{ input, pattern, matchType: 'Pattern', ignoreCase: true, negate: false },
  ...more,
})

const run = (options: Partial<ConditionsOptions> & Pick<ConditionsOptions, 'add'>) =>
  conditionsOf(
    { logicalGrouping: 'MatchAll', trackAllCaptures: false, ...options },
    'ECMAScript',
    new Map(),
    false,
  )({
    rule: ['x', 'one'],
    conditions: [],
    variable: (name) => ({ A: 'apple', B: 'banana' })[name],
  })

t.test('without conditions they hold', async (t) => {
  t.same(run({ add: [] }), [])
  t.same(run({ add: [], logicalGrouping: 'MatchAny' }), [])
})

t.test('all must hold, or one; the groups are those of the last', async (t) => {
  const add = [condition('{A}', '(pp)'), condition('{B}', '(n)(a)')]
  t.same([...(run({ add }) ?? [])], ['na', 'n', 'a'])
  t.equal(run({ add: [...add, condition('{A}', 'x')] }), null)
  t.same([...(run({ add, logicalGrouping: 'MatchAny' }) ?? [])], ['pp', 'pp'])
  t.equal(run({ add: [condition('{A}', 'x')], logicalGrouping: 'MatchAny' }), null)
})

t.test('with trackAllCaptures the groups count through', async (t) => {
  const add = [condition('{A}', '(pp)'), condition('{B}', '(n)(a)')]
  t.same([...(run({ add, trackAllCaptures: true }) ?? [])], ['pp', 'pp', 'n', 'a'])
})

t.test('a later condition can name what an earlier has found, and the rule too', async (t) => {
  t.ok(run({ add: [condition('{A}', '(pp)'), condition('{C:1}{R:1}', '^ppone$')] }))
})

t.test('files and folders are looked for on the disk', async (t) => {
  const folder = t.testdir({ file: 'x', sub: {} })
  const at = (name: string, matchType: ConditionOptions['matchType'], negate = false): boolean =>
    run({ add: [condition(join(folder, name), '', { matchType, negate })] }) !== null
  t.ok(at('file', 'IsFile'))
  t.notOk(at('sub', 'IsFile'))
  t.ok(at('sub', 'IsDirectory'))
  t.ok(at('none', 'IsFile', true))
  t.notOk(at('\0', 'IsFile'))
})
