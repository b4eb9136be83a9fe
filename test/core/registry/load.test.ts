/** The modules that a configuration declares are imported and checked, with every mistake told at once. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { build } from '../../../core/config/build.js'
import type { Slot, StageModule } from '../../../core/contract/stage.js'
import { ConfigurationError, type ConfigurationProblem } from '../../../core/errors.js'
import { completeApplications } from '../../../core/registry/applications.js'
import { defineAdapter, defineStage } from '../../../core/registry/define.js'
import { loadModules } from '../../../core/registry/load.js'
import type { LoadedModule, StandardStages } from '../../../core/registry/loaded.js'

const SLOTS: readonly Slot[] = ['validate', 'cache', 'route', 'queue', 'dispatch', 'log']
const standardStage = (slot: Slot): StageModule =>
  defineStage({
    name: slot,
    slot,
    options: Type.Object({ size: Type.Integer({ default: 5, minimum: 1 }) }),
    setup: () => ({ run: () => 'CONTINUE' }),
  })
const standard = Object.fromEntries(
  SLOTS.map((slot) => [slot, standardStage(slot)]),
) as unknown as StandardStages

const STAGE = "{ kind: 'stage', name: 'own', slots: ['log'], setup: () => ({ run: () => 'CONTINUE' }) }"
const files = {
  'stage.mjs': `export default ${STAGE}`,
  'named.mjs': `export const other = 5\nexport const stage = ${STAGE}`,
  'common.cjs': `module.exports = ${STAGE}`,
  'nothing.mjs': 'export default 5',
  'throws.mjs': "throw new Error('not today')",
  node_modules: {
    'stage-package': {
      'package.json': JSON.stringify({ name: 'stage-package', type: 'module', exports: './main.js' }),
      'main.js': `export default ${STAGE}`,
    },
    'stage-for-import': {
      'package.json': JSON.stringify({
        name: 'stage-for-import',
        type: 'module',
        exports: { '.': { import: './main.js' } },
      }),
      'main.js': `export default ${STAGE}`,
    },
  },
}

const load = (test: Test, modules: readonly object[]): Promise<readonly LoadedModule[]> => {
  const folder = test.testdir(files)
  return loadModules(build({ modules }, join(folder, 'applicationHost.json')), standard)
}

const problemsOf = async (promise: Promise<unknown>): Promise<readonly ConfigurationProblem[]> => {
  try {
    await promise
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

t.test(
  'without a declaration the standard modules are there, with the defaults of their options',
  async (test) => {
    const loaded = await load(test, [])
    test.same(
      loaded.map(({ name, options, file }) => ({ name, options, file })),
      SLOTS.map((name) => ({ name, options: { size: 5 }, file: undefined })),
    )
  },
)

t.test('a standard module that is declared without a file gets its options', async (test) => {
  const loaded = await load(test, [{ name: 'cache', options: { size: 9 } }])
  test.equal(loaded.filter(({ name }) => name === 'cache').length, 1)
  test.match(loaded[0], { name: 'cache', options: { size: 9 }, module: standard.cache })
})

t.test('a module may be a file, ESM or CommonJS, under any export, or a package', async (test) => {
  for (const module of ['./stage.mjs', './named.mjs', './common.cjs', 'stage-package']) {
    const [first] = await load(test, [{ name: 'mine', module }])
    test.match(first, { name: 'mine', module: { kind: 'stage', name: 'own' }, file: String }, module)
  }
})

t.test('a package that can only be imported is found', async (test) => {
  test.same(await problemsOf(load(test, [{ name: 'mine', module: 'stage-for-import' }])), [])
})

t.test('whatever is wrong with modules is told at once, each at its place', async (test) => {
  const problems = await problemsOf(
    load(test, [
      { name: 'a', module: './no-such-file.mjs' },
      { name: 'b', module: './throws.mjs' },
      { name: 'c', module: './nothing.mjs' },
      { name: 'd', module: 'no-such-package' },
      { name: 'e' },
      { name: 'cache', options: { size: 0 } },
      { name: 'mine', module: './stage.mjs', options: { size: 1 } },
      { name: 'constructor' },
    ]),
  )
  test.match(problems, [
    { pointer: '/modules/0/module', message: /cannot be loaded: .*no-such-file/ },
    { pointer: '/modules/1/module', message: /cannot be loaded: not today/ },
    { pointer: '/modules/2/module', message: /exports no module; make one with defineStage/ },
    { pointer: '/modules/3/module', message: /cannot be loaded: .*no-such-package/ },
    { pointer: '/modules/4', message: /module "e" needs a file or package .*"validate", "cache"/ },
    { pointer: '/modules/5/options/size' },
    { pointer: '/modules/6/options/size' },
    { pointer: '/modules/7', message: /module "constructor" needs a file/ },
  ])
  test.equal(problems.length, 8)
})

t.test(
  'applications get the defaults of their adapter, and hear what is wrong with their type',
  async (test) => {
    const adapter = defineAdapter({
      name: 'tea',
      options: Type.Object({ sugar: Type.Integer({ default: 2 }) }),
      adapt: () => ({ handle: () => undefined }),
    })
    const own = defineAdapter({ name: 'own', needsModule: false, adapt: () => ({ handle: () => undefined }) })
    const complete = (...applications: object[]) => {
      const bindings = [{ protocol: 'http', bindingInformation: '*:80:' }]
      const config = build({ sites: [{ name: 's', bindings, applications }] }, '/srv/applicationHost.json')
      return completeApplications(config, [
        { adapter: adapter, options: {} },
        { adapter: own, options: { any: 0 } },
      ])
    }
    const { sites } = await complete(
      { path: '/', type: 'tea', module: './a.js' },
      { path: '/b', type: 'own', options: { any: 1 } },
      { path: '/c', module: './c.js', options: { any: 1 } },
    )
    test.same(
      sites[0]?.applications.map(({ options }) => options),
      [{ sugar: 2 }, { any: 1 }, { any: 1 }],
    )
    test.match(
      await problemsOf(
        complete(
          { path: '/', type: 'coffee' },
          { path: '/b', type: 'tea', options: { sugar: 'much', milk: 1 } },
        ),
      ),
      [
        {
          pointer: '/sites/0/applications/0/type',
          message: 'there is no adapter "coffee"; known are "tea", "own"',
        },
        { pointer: '/sites/0/applications/1', message: /of type "tea" needs a "module"/ },
        { pointer: /^\/sites\/0\/applications\/1\/options/ },
        { pointer: /^\/sites\/0\/applications\/1\/options/ },
      ],
    )
  },
)
