/** The functions that stamp a module's definition, and refuse one that cannot work. */
import t from 'tap'
import {
  defineAdapter,
  defineFilter,
  defineHandler,
  defineLog,
  defineStage,
} from '../../../core/registry/define.js'

const setup = () => ({ run: () => 'CONTINUE' as const })
const adapt = () => ({ handle: () => undefined })

t.test('a stage knows its slots, and cannot be changed', async (test) => {
  const stage = defineStage({ name: 'one', slot: 'log', setup })
  test.match(stage, { kind: 'stage', name: 'one', slots: ['log'] })
  test.ok(Object.isFrozen(stage))
  test.same(defineStage({ name: 'two', slot: ['cache', 'log'], setup }).slots, ['cache', 'log'])
})

t.test('a stage without name, slot or setup is refused in words', async (test) => {
  const define = (definition: object) => () => defineStage(definition as never)
  test.throws(define({ slot: 'log', setup }), {
    name: 'TypeError',
    message: /defineStage: a module needs a name/,
  })
  test.throws(define({ name: '', slot: 'log', setup }), /needs a name/)
  for (const slot of ['logs', [], ['log', 'respond'], undefined]) {
    test.throws(define({ name: 'x', slot, setup }), {
      name: 'TypeError',
      message: /slot must be one or more of validate/,
    })
  }
  test.throws(define({ name: 'x', slot: 'log' }), /setup must be a function/)
})

t.test('an adapter needs a name and adapt', async (test) => {
  test.match(defineAdapter({ name: 'x', adapt }), { kind: 'adapter', name: 'x' })
  test.throws(() => defineAdapter({ adapt } as never), /defineAdapter: a module needs a name/)
  test.throws(() => defineAdapter({ name: 'x' } as never), /defineAdapter: adapt must be a function/)
})

t.test('a log module needs a name, setup, and headers that are names', async (test) => {
  const log = () => ({ write: () => undefined })
  test.match(defineLog({ name: 'x', headers: ['Cookie'], setup: log }), { kind: 'log', headers: ['Cookie'] })
  test.throws(() => defineLog({ setup: log } as never), /defineLog: a module needs a name/)
  test.throws(() => defineLog({ name: 'x' } as never), /defineLog: setup must be a function/)
  for (const headers of ['Cookie', [''], [5]])
    test.throws(
      () => defineLog({ name: 'x', headers, setup: log } as never),
      /headers must be a list of names/,
    )
})

t.test(
  'a name that is nearly right is refused with the right one; what resembles none is the author’s own',
  async (test) => {
    const next = () => 'REQ_NEXT_NOTIFICATION' as const
    test.throws(() => defineFilter({ name: 'x', log: () => undefined, preProcHeaders: next } as never), {
      name: 'TypeError',
      message: 'defineFilter: nothing would call "preProcHeaders"; did you mean "preprocHeaders"?',
    })
    test.throws(
      () => defineHandler({ name: 'x', handel: () => undefined } as never),
      /did you mean "handle"\?/,
    )
    test.throws(
      () => defineStage({ name: 'x', slot: 'log', setup, optons: {} } as never),
      /did you mean "options"\?/,
    )
    test.match(defineHandler({ name: 'x', handle: () => undefined, readSomeFile: () => 1 } as never), {
      kind: 'handler',
    })
  },
)
