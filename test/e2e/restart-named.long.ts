/** A server whose site is on a Unix socket is restarted: the socket keeps its name, and nobody is refused. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { firstExit, servingPid, stopSuccessor } from '../harness/restart-load.js'
import { startServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  if (request.url === '/slow') setTimeout(() => response.end('slow ' + process.pid), 300)
  else response.end('well ' + process.pid)
}`

const ask = (socketPath: string, path: string, agent: Agent | false = false): Promise<string> =>
  new Promise((resolve) => {
    request({ socketPath, path, agent }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.once('close', () => {
        resolve(response.complete ? text : `cut after ${text}`)
      })
    })
      .once('error', (error) => {
        resolve(error.message)
      })
      .end()
  })

t.test('the old server leaves the socket, its name and its mode to the new one', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'wg-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const path = join(home, 'site.sock')
  const config = (socketMode: string, ...more: object[]): object => ({
    sites: [
      {
        name: 'A',
        bindings: [{ bindingInformation: `unix:${path}:`, socketMode }, ...more],
        applications: [{ path: '/', module: './app.mjs' }],
      },
    ],
    configHistory: { watch: false },
  })
  const server = await startServer(config('0600'), { 'app.mjs': APP })
  let stopped = false
  t.teardown(() => (stopped ? undefined : stopSuccessor(server)))
  const { folder } = server
  const first = String(server.process.pid)
  const { ino } = await stat(path)

  const answers = new Map<string, number>()
  let over = false
  const keeping = new Agent({ keepAlive: true })
  const clients = Array.from({ length: 8 }, async (_client, at) => {
    while (!over) {
      const answer = await ask(path, '/', at % 2 === 0 ? keeping : false)
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
  })
  const slow = ask(path, '/slow')

  // It fails when it has the socket already.
  const occupied = createServer().listen(0, '127.0.0.1')
  await once(occupied, 'listening')
  const { port } = occupied.address() as AddressInfo
  const file = join(folder, 'applicationHost.json')
  await writeFile(file, JSON.stringify(config('0600', { bindingInformation: `127.0.0.1:${port}:` })))
  t.match(await webgarden(folder, 'restart'), { code: 2, stderr: /is in use by another program/ })
  occupied.close()
  t.equal((await stat(path)).ino, ino, 'a new server that fails leaves the name alone')
  t.equal(await ask(path, '/'), `well ${first}`)

  await writeFile(file, JSON.stringify(config('0666')))
  t.match(await webgarden(folder, 'restart'), { code: 0, stdout: /the server is restarted/ })
  t.equal(await firstExit(server), 0)
  t.match(await slow, `slow ${first}`)
  const second = String(await servingPid(folder))
  t.not(second, first)
  t.equal(await ask(path, '/'), `well ${second}`)
  const { ino: now, mode } = await stat(path)
  t.equal(now, ino, 'it is the same socket')
  t.equal(mode & 0o777, 0o666, 'with the mode of the new configuration')

  t.match(await webgarden(folder, 'restart'), { code: 0 })
  const third = String(await servingPid(folder))
  await server.printed(/serves now; this one finishes what it has/, 2)
  over = true
  await Promise.all(clients)
  keeping.destroy()
  t.same(
    [...answers.keys()].filter((answer) => !/^well \d+$/.test(answer)),
    [],
    'nobody was refused',
  )
  t.ok((answers.get(`well ${third}`) ?? 0) > 0 && (answers.get(`well ${second}`) ?? 0) > 0)
  await stopSuccessor(server)
  stopped = true
  t.notOk(existsSync(path), 'a stop removes it')
})
