/** Patterns in their three ways of writing, and which of them are refused. */
import t from 'tap'
import { matcherOf } from '../../../../modules/app/rewrite/pattern.js'

const plain = { ignoreCase: true, negate: false }

t.test('a regular expression matches anywhere, and its groups are kept', async (t) => {
  const match = matcherOf({ ...plain, pattern: 'b(c+)' }, 'ECMAScript', false)
  t.same([...(match('abccd') ?? [])], ['bcc', 'cc'])
  t.same([...(match('ABC') ?? [])], ['BC', 'C'], 'in any letter case')
  t.equal(matcherOf({ ...plain, ignoreCase: false, pattern: 'b' }, 'ECMAScript', false)('B'), null)
})

t.test('a wildcard must fit the whole, and each star is a group', async (t) => {
  const match = matcherOf({ ...plain, pattern: 'a.b/*/c*' }, 'Wildcard', false)
  t.same([...(match('a.b/x/cy') ?? [])], ['a.b/x/cy', 'x', 'y'])
  t.equal(match('aXb/x/cy'), null, 'a dot is a dot')
  t.equal(match('0a.b/x/cy'), null)
})

t.test('an exact pattern knows no special characters', async (t) => {
  const match = matcherOf({ ...plain, pattern: 'a.*' }, 'ExactMatch', false)
  t.same(match('A.*'), ['A.*'])
  t.equal(match('abc'), null)
})

t.test('a negated pattern matches what it does not match, without groups', async (t) => {
  const match = matcherOf({ pattern: '^a', ignoreCase: true, negate: true }, 'ECMAScript', false)
  t.same(match('b'), [])
  t.equal(match('a'), null)
})

t.test(
  'an expression that some input could keep busy for long is refused, unless it is wanted',
  async (t) => {
    const slow = { ...plain, pattern: '^(a+)+$' }
    t.throws(() => matcherOf(slow, 'ECMAScript', false), /repeats what repeats.*allowSlowPatterns/)
    t.ok(matcherOf(slow, 'ECMAScript', true)('aaa'))
    t.throws(() => matcherOf({ ...plain, pattern: '(' }, 'ECMAScript', false), SyntaxError)
  },
)
