/** What staticContent refuses to serve at all. */
import t from 'tap'
import type { WorkerScope } from '../../../../core/index.js'
import module from '../../../../modules/app/static-content/static-content.js'
import { completed } from '../completed.js'

const set = (application: object): unknown =>
  module.setup({ application } as WorkerScope, completed(module, {}))

t.test("the application's own code is not served with the files for clients", async (t) => {
  t.throws(() => set({ module: '/srv/app/main.js', physicalPath: '/srv/app' }), /the application's own code/)
  t.throws(() => set({ module: '/srv/app/src/main.js', physicalPath: '/srv/app' }), /folder of their own/)
  t.ok(set({ module: '/srv/app/main.js', physicalPath: '/srv/app/public' }))
  t.ok(set({ module: 'a-package', physicalPath: '/srv/app' }))
  t.ok(set({ physicalPath: '/srv/app' }))
})
