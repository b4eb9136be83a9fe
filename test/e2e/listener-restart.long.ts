/** A restart hands the sockets of several listeners over: nobody sees an error. */
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { listenersOf } from '../harness/listener-processes.js'
import { becomes } from '../harness/descriptors.js'
import { load, servingPid, stopSuccessor } from '../harness/restart-load.js'
import { oneSite, startServer } from '../harness/server.js'

t.test('a restart with two listeners under load', async (t) => {
  const site = oneSite([{ path: '/', module: './app.mjs' }], { webLimits: { listenerThreads: 2 } })
  const server = await startServer(site, {
    'app.mjs': `export default (request, response) => response.end('well ' + process.pid)`,
  })
  t.teardown(() => stopSuccessor(server))
  const { folder, port } = server
  const clients = load(port, 32, /^well \d+$/)
  const before = await servingPid(folder)
  const { code, stderr } = await webgarden(folder, 'restart')
  t.equal(code, 0, stderr)
  t.not(await servingPid(folder), before)
  const answered = clients.well()
  await becomes(() => clients.well() > answered + 500)
  await clients.stop()
  t.same(clients.other, [])
  t.equal(listenersOf({ process: { pid: await servingPid(folder) } }).length, 1)
})
