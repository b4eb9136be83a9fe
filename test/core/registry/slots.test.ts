/** Slots are filled with modules that fit them, set up in order and torn down in reverse. */
import Fastify from 'fastify'
import t from 'tap'
import { build } from '../../../core/config/build.js'
import type { ServerConfig } from '../../../core/contract/config.js'
import type { ModuleScope, Slot, StageModule } from '../../../core/contract/stage.js'
import type { ConfigurationError } from '../../../core/errors.js'
import { defineAdapter, defineStage } from '../../../core/registry/define.js'
import type { LoadedModule } from '../../../core/registry/loaded.js'
import { planSlots as planInSlots, setUpStages, type StageOfLog } from '../../../core/registry/slots.js'

const SLOTS: readonly Slot[] = ['validate', 'cache', 'route', 'queue', 'dispatch', 'log']

/** The standard stages, of which each writes down its life. */
const world = () => {
  const life: string[] = []
  const make = (name: string, slot: Slot | Slot[], setup?: StageModule['setup']): LoadedModule => ({
    name,
    options: { of: name },
    file: undefined,
    module: defineStage({
      name,
      slot,
      setup:
        setup ??
        ((scope, options) => {
          life.push(`up ${name} ${JSON.stringify(options)}`)
          scope.onClose(() => {
            life.push(`down ${name}`)
          })
          return { run: () => 'CONTINUE' }
        }),
    }),
  })
  return { life, make, loaded: SLOTS.map((slot) => make(slot, slot)) }
}

/** The stage of a log module: one that knows what it stands for. */
const stageOfLog: StageOfLog = ({ name, file }) =>
  defineStage({ name: `${name} of ${file}`, slot: 'log', setup: () => ({ run: () => 'CONTINUE' }) })
const planSlots = (to: ServerConfig, loaded: readonly LoadedModule[]) => planInSlots(to, loaded, stageOfLog)

const config = (pipeline: object = {}) => build({ pipeline }, '/srv/applicationHost.json')

const scopeOf = (fastify: ModuleScope['fastify']): ModuleScope =>
  ({
    fastify,
    onClose: (close: () => void | Promise<void>) => {
      fastify.addHook('onClose', async () => {
        await close()
      })
    },
  }) as ModuleScope

const namesIn = (plan: Readonly<Record<Slot, readonly { name: string }[]>>): string[] =>
  SLOTS.map((slot) => plan[slot].map(({ name }) => name).join('+'))

t.test('a slot that is left out has the standard stage; others have theirs, in their order', async (test) => {
  const { loaded, make } = world()
  test.same(namesIn(planSlots(config(), loaded)), SLOTS)
  const more = [...loaded, make('json', ['log', 'cache']), make('gate', 'validate')]
  const plan = planSlots(config({ log: ['json', 'log'], validate: ['gate', 'validate'], cache: [] }), more)
  test.same(namesIn(plan), ['gate+validate', '', 'route', 'queue', 'dispatch', 'json+log'])
})

t.test('a log module stands in slot log by its stage, and in no other', async (test) => {
  const { loaded } = world()
  const audit: LoadedModule = {
    name: 'audit',
    options: {},
    file: '/srv/audit.js',
    module: { kind: 'log', name: 'audit', headers: [] },
  }
  const plan = planSlots(config({ log: ['log', 'audit'] }), [...loaded, audit])
  test.match(plan.log[1], { name: 'audit', module: { name: 'audit of /srv/audit.js' } })
  try {
    planSlots(config({ cache: ['audit'] }), [...loaded, audit])
    test.fail('nothing was wrong with it')
  } catch (error) {
    test.match((error as ConfigurationError).problems, [
      { message: 'module "audit" is made for the slot "log", not for "cache"' },
    ])
  }
})

t.test(
  'a module in the wrong slot, an adapter in a slot: all told at once, each at its place',
  async (test) => {
    const { loaded, make } = world()
    const adapter = defineAdapter({ name: 'tea', adapt: () => ({ handle: () => undefined }) })
    const more: LoadedModule[] = [
      ...loaded,
      make('json', ['log', 'cache']),
      { name: 'tea', options: {}, file: undefined, module: adapter },
    ]
    try {
      planSlots(config({ route: ['json'], log: ['log', 'tea'] }), more)
      test.fail('nothing was wrong with it')
    } catch (error) {
      test.match((error as ConfigurationError).problems, [
        {
          pointer: '/pipeline/route',
          message: 'module "json" is made for the slot "log", "cache", not for "route"',
        },
        {
          pointer: '/pipeline/log/1',
          message: 'module "tea" is no stage; a slot takes modules made with defineStage',
        },
      ])
    }
  },
)

t.test(
  'stages are set up in the order of the slots, with their options, and closed in reverse',
  async (test) => {
    const { life, loaded, make } = world()
    const fastify = Fastify({ logger: false })
    const plan = planSlots(config({ log: ['log', 'json'] }), [...loaded, make('json', 'log')])
    const stages = await setUpStages(plan, scopeOf(fastify))
    test.same(namesIn(stages), ['validate', 'cache', 'route', 'queue', 'dispatch', 'log+json'])
    const order = [...SLOTS, 'json']
    test.same(
      life,
      order.map((name) => `up ${name} {"of":"${name}"}`),
    )
    life.splice(0)
    await fastify.close()
    test.same(life, order.map((name) => `down ${name}`).reverse())
  },
)

t.test('one module may stand in two slots, as two stages', async (test) => {
  const { loaded, make } = world()
  const fastify = Fastify({ logger: false })
  const plan = planSlots(config({ cache: ['both'], log: ['both'] }), [
    ...loaded,
    make('both', ['cache', 'log']),
  ])
  const stages = await setUpStages(plan, scopeOf(fastify))
  test.not(stages.cache[0]?.stage, stages.log[0]?.stage)
  await fastify.close()
})

t.test('a stage may take its time to be set up, and the next one waits', async (test) => {
  const { life, loaded, make } = world()
  const slow = make('slow', 'validate', async () => {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    life.push('up slow')
    return { run: () => 'CONTINUE' as const }
  })
  const fastify = Fastify({ logger: false })
  await setUpStages(planSlots(config({ validate: ['slow'] }), [...loaded, slow]), scopeOf(fastify))
  test.equal(life[0], 'up slow')
  await fastify.close()
})

t.test('a stage that cannot be set up stops the start with its own error', async (test) => {
  const { life, loaded, make } = world()
  const broken = make('broken', 'cache', () => {
    throw new Error('no disk')
  })
  const fastify = Fastify({ logger: false })
  const plan = planSlots(config({ cache: ['broken'] }), [...loaded, broken])
  await test.rejects(setUpStages(plan, scopeOf(fastify)), /no disk/)
  test.equal(life.length, 1, 'nothing after it was set up')
})
