/** Options of modules, held against the schema that the module brings. */
import t from 'tap'
import { Type } from 'typebox'
import { checkAgainst } from '../../../core/config/check.js'
import { TimeSpan } from '../../../core/config/schema/keywords.js'

const schema = Type.Object({
  file: Type.String({ minLength: 1 }),
  size: Type.Integer({ minimum: 1, default: 10 }),
  wait: TimeSpan({ from: 0, to: 60_000, default: '5s', description: 'Wait.' }),
  mode: Type.Union([Type.Literal('a'), Type.Literal('b')], { default: 'a' }),
  inner: Type.Object({ on: Type.Boolean({ default: true }), more: Type.Optional(Type.String()) }),
  list: Type.Array(Type.Object({ n: Type.Number({ default: 1 }) }), { default: [] }),
})

t.test('right options get their defaults and milliseconds filled in', (t) => {
  const options = { file: 'x', wait: '1m', list: [{}] }
  t.strictSame(checkAgainst(schema, options, '/modules/0/options'), [])
  t.strictSame(options, {
    file: 'x',
    size: 10,
    wait: 60_000,
    mode: 'a',
    inner: { on: true },
    list: [{ n: 1 }],
  })
  t.end()
})

t.test('wrong options are named one by one, and left as they were', (t) => {
  const options = { sice: 1, size: 0, mode: 'c', inner: { onn: true }, list: [{ n: 'x' }], wait: '2m' }
  const before = structuredClone(options)
  const problems = checkAgainst(schema, options, '/m').map(({ pointer, message }) => `${pointer}: ${message}`)
  t.strictSame(problems.sort(), [
    '/m/inner/onn: unknown key "onn"; did you mean "on"?',
    '/m/list/0/n: must be a number, not "x"',
    '/m/mode: must be "a" or "b", not "c"',
    '/m/sice: unknown key "sice"; did you mean "size"?',
    '/m/size: must be a whole number of at least 1, not 0',
    '/m/wait: must be a time span from 00:00:00 to 00:01:00, such as "00:20:00" or "20m", not "2m"',
    '/m: "file" is missing',
  ])
  t.strictSame(options, before)
  t.end()
})

t.test('defaults given to one module are not those of the next', (t) => {
  const listed = Type.Object({ names: Type.Array(Type.String(), { default: ['a'] }) })
  const first: { names?: string[] } = {}
  checkAgainst(listed, first, '')
  first.names?.push('b')
  const second = {}
  checkAgainst(listed, second, '')
  t.strictSame(second, { names: ['a'] })
  t.end()
})

t.test('what only allows any key keeps all keys', (t) => {
  const open = Type.Object({ a: Type.Integer({ default: 1 }) }, { additionalProperties: true })
  const options = { b: 2 }
  t.strictSame(checkAgainst(open, options, ''), [])
  t.strictSame(options, { a: 1, b: 2 })
  const record = Type.Record(Type.String(), Type.Integer())
  t.strictSame(checkAgainst(record, { x: 1 }, ''), [])
  t.match(checkAgainst(record, { x: 'y' }, '/o'), [
    { pointer: '/o/x', message: 'must be a whole number, not "y"' },
  ])
  t.end()
})

t.test('rules that have no words of ours are still told in a sentence', (t) => {
  const unusual = Type.Object({ n: Type.Unsafe<number>({ not: { const: 3 } }) })
  t.match(checkAgainst(unusual, { n: 3 }, ''), [
    { pointer: '/n', message: 'does not keep the rule "not": {"const":3}, which its module sets' },
  ])
  t.end()
})

t.test('options that are no object are refused', (t) => {
  t.match(checkAgainst(schema, 5, '/o'), [{ pointer: '/o', message: 'must be an object, not 5' }])
  t.end()
})
