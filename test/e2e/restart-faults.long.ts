/** A server is restarted while it serves: the new one has its sockets, nobody is refused, and what fails changes nothing. */
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { begin, webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import { firstExit, load, servingPid, stopSuccessor } from '../harness/restart-load.js'
import { oneSite, startServer } from '../harness/server.js'

const APPLICATION = `
const held = []
export default (request, response) => {
  if (request.url === '/hold') return held.push(response)
  if (request.url === '/let-go') for (const one of held.splice(0)) one.end('held')
  response.end('well ' + process.pid)
}
`

/** A stage that is well when it is checked, in a thread, and does this when the server itself loads it. */
const stage = (inServer: string): string => `
import { isMainThread } from 'node:worker_threads'
import { defineStage } from 'webgarden'
if (isMainThread) ${inServer}
export default defineStage({ name: 'odd', slot: 'validate', setup: () => ({ run: () => 'CONTINUE' }) })
`

const withModule = (config: string, module: string): string =>
  JSON.stringify({ ...(JSON.parse(config) as object), modules: [{ name: 'odd', module }] })

const CONFIG = oneSite([{ path: '/', module: './app.mjs' }], { log: { errorLoggingDir: './logs' } })

t.test('under load, by the command and by SIGUSR2', async (t) => {
  const server = await startServer(CONFIG, { 'app.mjs': APPLICATION })
  let stopped = false
  t.teardown(() => (stopped ? undefined : stopSuccessor(server)))
  const { folder, port } = server
  const first = server.process.pid
  const held = await rawClient(port)
  held.send(get('/hold'))
  const idle = await rawClient(port)
  idle.send(get('/'))
  await idle.until(/well \d+$/)
  const clients = load(port, 16, /^well/)

  const ran = await webgarden(folder, 'restart')
  t.match(ran, { code: 0, stdout: /the server is restarted: process \d+ serves; process \d+ finishes/ })
  idle.send(get('/'))
  t.match(await idle.ended(), {
    how: 'closed',
    text: new RegExp(`Connection: close(.|\\s)+well ${String(first)}$`, 'i'),
  })
  const second = await servingPid(folder)
  t.not(second, first)
  t.match(await webgarden(folder, 'restart'), { code: 6, stderr: /still finishes what it has/ })
  const fresh = await rawClient(port)
  fresh.send(get('/'))
  await fresh.until(new RegExp(`well ${second}$`))
  fresh.socket.destroy()
  t.notMatch(held.received(), /./, 'a request under way is not hurried')
  held.socket.destroy()
  t.equal(await firstExit(server), 0)

  process.kill(second, 'SIGUSR2')
  await server.printed(/^ready$/m, 3)
  await server.printed(/serves now; this one finishes what it has/, 2)
  const third = await servingPid(folder)
  t.not(third, second)
  await clients.stop()
  t.same(clients.other, [])
  t.ok(clients.well() > 100, `${clients.well()} answers`)

  await stopLogged()
  async function stopLogged(): Promise<void> {
    const logs = join(folder, 'logs', 'W3SVC1')
    const kept = new Promise<string>((resolve) => {
      server.process.once('close', () => {
        const text = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'latin1'))
        resolve(text.join(''))
      })
    })
    process.kill(third, 'SIGTERM')
    const lines = (await kept).split('\r\n').filter((line) => line !== '' && !line.startsWith('#'))
    stopped = true
    await server.stop()
    const whole = lines.filter((line) =>
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .* (200|400|0) \d+ \d+( \d+)?/.test(line),
    )
    t.equal(whole.length, lines.length, 'no garbled line')
    const root = lines.filter((line) => line.includes(' GET / ')).length
    t.ok(root >= clients.well() + 3, `${root} lines for ${clients.well()} answers`)
  }
})

t.test('a new server that cannot come up leaves the old one as it was', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], { configHistory: { watch: false } }),
    { 'app.mjs': APPLICATION },
  )
  t.teardown(() => server.stop())
  const { folder, url } = server
  const file = join(folder, 'applicationHost.json')
  const good = readFileSync(file, 'utf8')

  await writeFile(file, good.replace('"app.mjs"', '"app.mjs"').replace('"sites"', '"sties"'))
  const refused = await webgarden(folder, 'restart')
  t.match(refused, { code: 2, stderr: /applicationHost\.json:\d+:\d+.*sties/ })
  await server.printed(
    /The restart has failed, and the server goes on as it was: the configuration .* is wrong/,
  )

  await writeFile(join(folder, 'dies.mjs'), stage('process.exit(7)'))
  await writeFile(file, withModule(good, './dies.mjs'))
  const dying = await webgarden(folder, 'restart')
  t.match(dying, { code: 1, stderr: /it goes on as it was: the new server ended with exit code 7 before/ })

  await writeFile(
    join(folder, 'waits.mjs'),
    stage('{ setInterval(() => 0, 1000); await new Promise(() => 0) }'),
  )
  await writeFile(file, withModule(good, './waits.mjs'))
  const waiting = begin(folder, ['restart'])
  await server.printed(/The server is restarted/, 3)
  t.match(await webgarden(folder, 'restart'), { code: 6, stderr: /is being restarted already/ })
  const stopping = server.stop()
  t.not((await waiting.done).code, 0)
  t.equal(await stopping, 0, 'a stop does not wait for it')
  await fetch(url).then(
    () => t.fail('nobody listens'),
    () => t.pass('the server that was starting has ended with it'),
  )
})
