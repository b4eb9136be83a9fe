/** The built command tells what happened to a pool, and lets the running server take a changed file. */
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import { CONFIG, json, says, start, text } from '../harness/steered.js'

t.test('why tells what happened to a pool, on what evidence, and what is next', async (t) => {
  const server = await start(t, {
    ...CONFIG,
    applicationPools: [
      { name: 'Api', recycling: { periodicRestart: { requests: 1000 } } },
      { name: 'Static files' },
    ],
  })
  await says(
    t,
    server.folder,
    'why apppool Api',
    /is started\.\n.*  the pool started: Pool "Api" was started\.\nNext:\n {4}The next request starts a worker\.\n$/,
  )
  const victim = await rawClient(server.port)
  victim.send(get('/crash'))
  await victim.ended()
  await server.printed(/5009/)
  await text(server.url)
  await webgarden(server.folder, 'recycle apppool Api')
  const told = await says(
    t,
    server.folder,
    'why apppool Api',
    /worker 1 failed \(event 5009\): .*process\.exit\(3\)/,
  )
  t.match(
    told,
    /worker 2 recycling \(event 5079\): .*an administrator asked for it\.\n {4}it had run for .*, had taken 1 request/,
  )
  t.match(told, /Next:\n[^]*Worker 3 is recycled at the latest in 29 h .*, or after 1000 more requests/)
  t.match(told, /1 of 5 failures within 5 min have happened/)
  t.match(json((await webgarden(server.folder, 'why apppool Api --json')).stdout), {
    apppool: 'Api',
    state: 'started',
  })
})

t.test(
  'a change of the file is taken by the running server, told in its history, and taken back',
  async (t) => {
    const server = await start(t)
    await says(
      t,
      server.folder,
      'set apppool Api queueLength:500',
      /changed in .*\n(?: +pool "Api": .*queueLength|the running server has taken it)/,
    )
    t.match(json((await webgarden(server.folder, 'list apppools --json')).stdout), [
      { name: 'Api', queueLength: 500 },
    ])
    await says(t, server.folder, 'reload', /has this configuration already/)
    await says(t, server.folder, 'config history', /^VERSION +SINCE +BY +CHANGES\n[^]*queueLength/)
    await says(t, server.folder, 'config rollback', /queueLength/)
    t.match(json((await webgarden(server.folder, 'list apppools --json')).stdout), [
      { name: 'Api', queueLength: 1000 },
    ])
    t.match(await webgarden(server.folder, 'config rollback 99'), { code: 4, stderr: /no version 99/ })
  },
)
