/** What applications list of the standard modules is checked before a worker starts. */
import { Type } from 'typebox'
import t from 'tap'
import { build } from '../../../core/config/build.js'
import type { WorkerModule } from '../../../core/contract/worker-module.js'
import { ConfigurationError } from '../../../core/errors.js'
import { defineModule } from '../../../core/registry/define.js'
import { completeWorkerModules } from '../../../core/registry/worker-modules.js'

const tea = defineModule({
  name: 'tea',
  options: Type.Object({ sugar: Type.Integer({ default: 2 }) }),
  setup: () => ({}),
})
const standard = { tea: () => Promise.resolve(tea as unknown as WorkerModule) }

const complete = (site: object, ...applications: object[]) => {
  const bindings = [{ protocol: 'http', bindingInformation: '*:80:' }]
  return completeWorkerModules(
    build({ sites: [{ name: 's', bindings, applications, ...site }] }, '/srv/applicationHost.json'),
    standard,
  )
}

t.test('standard modules get their defaults; those of applications stay as they are', async (t) => {
  const modules = [{ name: 'tea' }, { name: 'own', module: './own.mjs', options: { any: 1 } }]
  const config = await complete({}, { path: '/', module: './a.js', modules })
  t.same(
    config.sites[0]?.applications[0]?.modules.map(({ options }) => options),
    [{ sugar: 2 }, { any: 1 }],
  )
})

t.test('what is wrong is told at its place, and once where it is inherited', async (t) => {
  const wrong = complete(
    { modules: [{ name: 'coffee' }] },
    { path: '/', module: './a.js', modules: [{ name: 'tea', options: { sugar: 'much' } }] },
    { path: '/b', module: './b.js' },
  )
  const error = await wrong.then(
    () => undefined,
    (problem: unknown) => problem,
  )
  t.ok(error instanceof ConfigurationError)
  t.match((error as ConfigurationError).problems, [
    { pointer: '/sites/0/modules/0', message: /no standard module "coffee" \(known are "tea"\)/ },
    { pointer: '/sites/0/applications/0/modules/0/options/sugar' },
  ])
  t.equal((error as ConfigurationError).problems.length, 2)
})
