/** Three restarts under 20,000 requests of 64 clients: nobody sees an error. */
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { load, servingPid, stopSuccessor } from '../harness/restart-load.js'
import { oneSite, startServer } from '../harness/server.js'

t.test('20,000 requests and three restarts', async (t) => {
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), {
    'app.mjs': `export default (request, response) => response.end('well ' + process.pid)`,
  })
  t.teardown(() => stopSuccessor(server))
  const { folder, port } = server
  const clients = load(port, 64, /^well \d+$/)
  const pids = new Set([await servingPid(folder)])
  for (let round = 1; round <= 3 || clients.well() < 20_000;) {
    if (round > 3) {
      await servingPid(folder)
      continue
    }
    const { code, stderr } = await webgarden(folder, 'restart')
    // The one before may still finish what it has.
    if (code === 6) continue
    t.equal(code, 0, stderr)
    pids.add(await servingPid(folder))
    round++
  }
  await clients.stop()
  t.same(clients.other, [])
  t.equal(pids.size, 4)
  t.comment(`${clients.well()} answers`)
})
