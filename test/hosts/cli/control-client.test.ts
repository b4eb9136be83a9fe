/** What the command line makes of a server that answers badly, late or not at all. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ControlClient } from '../../../hosts/cli/control-client.js'
import { exitCodes } from '../../../hosts/cli/failure.js'

/** A client of a server that answers as told, at the socket that the configuration names. */
const clientOf = async (t: Test, answer: RequestListener): Promise<ControlClient> => {
  const folder = await mkdtemp(join(tmpdir(), 'control-'))
  const file = join(folder, 'applicationHost.json')
  await writeFile(file, '{ "control": { "socket": "./${CONTROL_NAME}.sock" } } // ours')
  process.env.CONTROL_NAME = 'steer'
  const server = createServer(answer).listen(join(folder, 'steer.sock'))
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true, force: true })
  })
  return new ControlClient(file)
}

t.test('the socket that the configuration names is found, variables and all', async (t) => {
  const client = await clientOf(t, ({ headers }, response) => {
    response.setHeader('ETag', '"v1"').end(JSON.stringify(headers['if-match'] ?? null))
  })
  t.same(await client.ask({ path: '/x', version: 'v0' }), { body: '"v0"', version: 'v1' })
})

t.test('each failure has its exit code', async (t) => {
  const codes = { 401: 5, 404: 4, 409: 6, 412: 6, 422: 2, 500: 1, 501: 8 }
  for (const [status, exitCode] of Object.entries(codes)) {
    const client = await clientOf(t, (_request, response) => {
      response.writeHead(Number(status)).end('{"message":"no"}')
    })
    await t.rejects(client.get('/x'), { message: 'no', exitCode }, status)
  }
})

t.test('a server that does not answer, or ends meanwhile', async (t) => {
  const silent = await clientOf(t, () => undefined)
  await t.rejects(silent.ask({ path: '/x', timeout: 50 }), {
    message: /within 0\.05 s/,
    exitCode: exitCodes.timeout,
  })
  const ending = await clientOf(t, ({ socket }) => {
    socket.destroy()
  })
  await t.rejects(ending.get('/x'), {
    message: /ended before it had answered/,
    exitCode: exitCodes.notRunning,
  })
})

t.test(
  'a socket of another user is told as such',
  { skip: process.getuid?.() === 0 && 'root may everything' },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'control-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const socket = join(folder, 'steer.sock')
    const server = createServer().listen(socket)
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { chmod } = await import('node:fs/promises')
    await chmod(socket, 0)
    await writeFile(join(folder, 'applicationHost.json'), JSON.stringify({ control: { socket } }))
    const client = new ControlClient(join(folder, 'applicationHost.json'))
    await t.rejects(client.get('/x'), { message: /not permitted/, exitCode: exitCodes.notPermitted })
  },
)
