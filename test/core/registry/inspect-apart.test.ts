/** A module is looked at in a thread: what it does there when it is imported costs that thread only. */
import { join } from 'node:path'
import t from 'tap'
import { inspectApart } from '../../../core/registry/inspect-apart.js'

const files = {
  'log.mjs': `export default { kind: 'log', name: 'own', headers: ['A-b', 'a-B', 'c'], webgarden: '>=0.1', setup() {},
    options: { type: 'object', additionalProperties: false, properties: { size: { type: 'integer', default: 5 } } },
    check({ size }) { if (size === 13) throw new Error('no luck') } }`,
  'stage.mjs': "export default { kind: 'stage', name: 'x', slots: ['log'], setup() {} }",
  'hangs.mjs': 'for (;;);',
  'exits.mjs': 'process.exit(0)',
  'throws.mjs': "throw new Error('not today')",
  'later.mjs': "setImmediate(() => { throw new Error('later') }); await new Promise(() => {})",
}

t.test('a log module is told by its facts, with its options checked and completed', async (t) => {
  const dir = t.testdir(files)
  const inspect = (file: string, options = {}, limit?: number) =>
    inspectApart({ file: join(dir, file), options, pointer: '/modules/0/options', directory: dir }, limit)
  t.same(await inspect('log.mjs'), {
    kind: 'log',
    facts: { kind: 'log', name: 'own', headers: ['a-b', 'c'] },
    webgarden: '>=0.1',
    options: { size: 5 },
    problems: [],
  })
  t.match(await inspect('log.mjs', { size: 'x' }), { problems: [{ pointer: '/modules/0/options/size' }] })
  t.match(await inspect('log.mjs', { size: 13 }), {
    problems: [{ pointer: '/modules/0/options', message: 'no luck' }],
  })
  t.same(await inspect('stage.mjs'), { kind: 'other' })
  t.match(await inspect('throws.mjs'), { kind: 'failed', message: 'cannot be loaded: not today' })
  t.match(await inspect('later.mjs'), { kind: 'failed', message: 'cannot be loaded: later' })
  t.match(await inspect('exits.mjs'), { kind: 'failed', message: /ends the thread .* exit code 0/ })
  t.match(await inspect('hangs.mjs', {}, 500), { kind: 'failed', message: 'was not loaded within 0.5 s' })
})
