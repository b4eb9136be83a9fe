/** A service of systemd says when it is ready, which process it is after a restart, and that it stops. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { firstExit, servingPid, stopSuccessor } from '../harness/restart-load.js'
import { oneSite, startServer } from '../harness/server.js'

t.test('ready, restarted, stopped', async (t) => {
  const folder = t.testdir()
  const said = join(folder, 'said')
  const program = join(folder, 'systemd-notify')
  writeFileSync(program, `#!/bin/sh\necho "$@" >> '${said}'\n`)
  chmodSync(program, 0o755)
  const { PATH, NOTIFY_SOCKET } = process.env
  process.env.PATH = `${folder}:${PATH ?? ''}`
  process.env.NOTIFY_SOCKET = '/nobody/listens'
  const server = await startServer(oneSite([{ path: '/', module: './app.mjs' }]), {
    'app.mjs': 'export default (request, response) => response.end("well")',
  })
  process.env.PATH = PATH
  if (NOTIFY_SOCKET === undefined) delete process.env.NOTIFY_SOCKET
  const { code, stderr } = await webgarden(server.folder, 'restart')
  t.equal(code, 0, stderr)
  const pid = await servingPid(server.folder)
  t.equal(await firstExit(server), 0)
  await stopSuccessor(server)
  t.equal(readFileSync(said, 'utf8'), `READY=1\nRELOADING=1\nMAINPID=${pid} READY=1\nSTOPPING=1\n`)
})
