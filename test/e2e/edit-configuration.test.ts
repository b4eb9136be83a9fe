/** `set`, `add` and `delete` of the built command, on a file with comments. */
import { chmod, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { writeFolder } from '../harness/server.js'
import { APPLICATION, says } from '../harness/steered.js'

t.test(
  'set, add and delete change the file, keep its comments, and write nothing that is wrong',
  async (t) => {
    const folder = await writeFolder(
      `// Ours.
{
  "applicationPools": [
    { "name": "Api" }, // the important one
  ],
  "sites": [
    {
      "name": "Main",
      "bindings": [{ "protocol": "http", "bindingInformation": "127.0.0.1:0:" }],
      "applications": [{ "path": "/", "module": "./app.mjs", "applicationPool": "Api" }],
    },
  ],
}
`,
      { 'app.mjs': APPLICATION },
    )
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'applicationHost.json')
    const read = (): Promise<string> => readFile(file, 'utf8')
    await chmod(file, 0o640)

    await says(
      t,
      folder,
      'set apppool api processModel.maxProcesses:2 QueueLength:2000',
      /apppool "api" changed in applicationHost\.json/,
    )
    t.match(
      await read(),
      '{ "name": "Api", "processModel": { "maxProcesses": 2 }, "queueLength": 2000 }, // the important one',
    )
    t.match(await read(), /^\/\/ Ours\.\n/)
    t.equal((await stat(file)).mode & 0o777, 0o640)
    await says(t, folder, 'set apppool Api queueLength:2000', /is so already/)
    await says(
      t,
      folder,
      'add site Other bindings:http/127.0.0.1:0:other.test module:./app.mjs applicationPool:Api',
      /site "Other" added/,
    )

    const before = await read()
    t.match(await webgarden(folder, 'set apppool Api queueLength:5'), {
      code: 2,
      stderr:
        /applicationHost\.json:4:\d+: \/applicationPools\/0\/queueLength: must be[^]*nothing was written/,
    })
    t.match(await webgarden(folder, 'set apppool Api queueLenth:500'), {
      code: 2,
      stderr: /did you mean "queueLength"/,
    })
    t.match(await webgarden(folder, 'delete apppool Api'), { code: 2, stderr: /Api[^]*nothing was written/ })
    t.match(await webgarden(folder, 'add apppool API'), { code: 6, stderr: /already/ })
    t.match(await webgarden(folder, 'delete site Nain'), { code: 4, stderr: /did you mean "Main"/ })
    t.equal(await read(), before)

    await says(t, folder, 'add apppool Copy --from api queueLength:3000', /apppool "Copy" added/)
    t.match(
      await read(),
      '{ "name": "Copy", "processModel": { "maxProcesses": 2 }, "queueLength": 3000 }',
      'the settings of the other, but for those that are given',
    )
    await says(t, folder, 'add apppool Plain --from DefaultAppPool', /added/)
    t.match(await read(), '{ "name": "Plain" }')
    t.match(await webgarden(folder, 'add apppool Other --from Apj'), {
      code: 4,
      stderr: /did you mean "Api"/,
    })
    await says(t, folder, 'delete apppool Copy', /deleted/)
    await says(t, folder, 'delete apppool Plain', /deleted/)

    await says(t, folder, 'delete site Other', /site "Other" deleted/)
    await says(t, folder, 'set apppool Api --unset queueLength', /changed/)
    t.notMatch(await read(), /queueLength|Other/)
    t.match(await read(), /the important one/)
    await says(t, folder, 'check', /is right: 1 site, 1 application, 1 pool/)
  },
)
