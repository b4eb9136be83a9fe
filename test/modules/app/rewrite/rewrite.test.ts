/** When rules look at who asks, and what is wrong with them. */
import t from 'tap'
import type { WorkerScope } from '../../../../core/index.js'
import module from '../../../../modules/app/rewrite/rewrite.js'
import { completed } from '../completed.js'

const options = (rule: object, more: object = {}) =>
  completed(module, {
    rules: [{ name: 'one', match: { url: 'x' }, action: { type: 'Rewrite', url: 'y' }, ...rule }],
    ...more,
  })

t.test('the listener may keep responses where rules look at the URL only', async (t) => {
  const { perClient } = module
  if (typeof perClient !== 'function') throw new Error('it depends on the options')
  const on = (input: string): boolean =>
    perClient(options({ conditions: { add: [{ input, pattern: '.' }] } }))
  t.equal(perClient(options({})), false)
  t.equal(on('{HTTP_HOST}{QUERY_STRING}{R:1}'), false)
  t.equal(on('{HTTP_COOKIE}'), true)
  t.equal(on('{REMOTE_ADDR}'), true)
  t.equal(on('{Map:{HTTP_USER_AGENT}}'), true, 'also within another')
})

t.test('a rule that is wrong stops the start, by its name', async (t) => {
  const start = (rule: object, more: object = {}) => {
    const given = options(rule, more)
    return () => module.setup({} as WorkerScope, given)
  }
  t.throws(start({ match: { url: '(' } }), /^Rule "one": /)
  t.throws(start({ action: { type: 'Rewrite', url: 'http://x/' } }), /Rule "one": .* is on another server/)
  const outbound = { match: { serverVariable: 'RESPONSE_Location' }, name: 'out', preCondition: 'none' }
  t.throws(
    start({}, { outboundRules: { rules: [outbound] } }),
    /Outbound rule "out": there is no precondition/,
  )
})
