/** The built command changes a built server while it serves: pools, sites, the cache; and nothing breaks when steering does. */
import { once } from 'node:events'
import { stat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import t from 'tap'
import { controlAddresses } from '../../core/control/address.js'
import { begin, webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import { json, says, start, text } from '../harness/steered.js'

t.test('a recycle under load waits for the replacement and loses nothing', async (t) => {
  const server = await start(t)
  await text(server.url)
  let over = false
  const answers = { well: 0, other: [] as string[] }
  const client = async (): Promise<void> => {
    while (!over) {
      const answer = await text(server.url).catch(String)
      if (answer.startsWith('well')) answers.well++
      else answers.other.push(answer)
    }
  }
  const clients = Array.from({ length: 32 }, client)
  for (let round = 1; round <= 3; round++) {
    await says(
      t,
      server.folder,
      'recycle apppool Api',
      new RegExp(`is recycled: worker ${round} was replaced; worker ${round + 1} serves now`),
    )
  }
  over = true
  await Promise.all(clients)
  t.same(answers.other, [])
  t.ok(answers.well > 100, `${answers.well} answers`)
})

t.test(
  'progress is shown where a stop takes longer than a second, and a kill of the command stops nothing',
  async (t) => {
    const server = await start(t)
    const client = await rawClient(server.port)
    t.teardown(() => client.socket.destroy())
    client.send(get('/hold'))
    await text(`${server.url}/`)
    const command = begin(server.folder, ['stop', 'apppool', 'Api'])
    const [progress] = (await once(command.process.stderr ?? command.process, 'data')) as [Buffer]
    t.match(progress.toString(), /^stopping apppool "Api": worker 1 stopping with 1 request \(\d s\)\n/)
    t.match(await webgarden(server.folder, 'start apppool Api'), { code: 6, stderr: /still stopping/ })
    t.match(await webgarden(server.folder, 'stop apppool Api --timeout 0.2'), {
      code: 7,
      stderr: /not answered within 0\.2 s/,
    })
    await says(t, server.folder, 'stop apppool Api --no-wait', /is stopping/)
    command.process.kill('SIGKILL')
    await command.done
    t.equal(await text(`${server.url}/files/a.txt`), 'a file', 'others are served')
    client.socket.destroy()
    await says(t, server.folder, 'stop apppool Api', /is stopped/)
    t.equal((await fetch(server.url)).status, 503)
    await says(t, server.folder, 'start apppool Api', /is started/)
    t.match(await text(server.url), /^well/)
  },
)

t.test('sites are stopped and started, also one that was not started with the server', async (t) => {
  const server = await start(t)
  const [, second = 0] = server.ports
  const url = `http://127.0.0.1:${second}/cached`
  const first = await text(url)
  t.equal(await text(url), first, 'it is cached')
  await says(t, server.folder, 'stop site second', /site "Second" is stopped/)
  t.equal((await fetch(url)).status, 400, 'nobody has this host any more')
  t.match(await text(server.url), /^well/, 'other sites go on')
  await says(t, server.folder, 'start site Second', /site "Second" is started/)
  t.not(await text(url), first, 'the cache has forgotten it')
  await says(t, server.folder, 'start site Later', /site "Later" is started/)
  const sites = json((await webgarden(server.folder, 'list sites --json')).stdout) as {
    bindings: { port: number }[]
  }[]
  t.match(await text(`http://127.0.0.1:${sites[2]?.bindings[0]?.port ?? 0}/`), /^well/)
})

t.test('the cache is flushed', async (t) => {
  const server = await start(t)
  const first = await text(`${server.url}/cached`)
  t.equal(await text(`${server.url}/cached`), first)
  await says(t, server.folder, 'flush cache', /^the cache is empty\n$/)
  t.not(await text(`${server.url}/cached`), first)
})

t.test('two servers with two files, by whatever path', async (t) => {
  const one = await start(t)
  const other = await start(t)
  t.match(json((await webgarden(one.folder, 'status --json')).stdout), { pid: one.process.pid })
  const config = join(other.folder, 'applicationHost.json')
  t.match(json((await webgarden(one.folder, ['status', '--json', '--config', config])).stdout), {
    pid: other.process.pid,
  })
})

t.test(
  'the socket is the user’s own; when it is lost, or its server killed, serving and the next start go on',
  async (t) => {
    const server = await start(t)
    const file = join(server.folder, 'applicationHost.json')
    const [path = ''] = controlAddresses(file)
    t.equal((await stat(path)).mode & 0o777, 0o600)
    t.equal((await stat(dirname(path))).mode & 0o777, 0o700)
    const silent = connect(path)
    await once(silent, 'connect')
    silent.write('POST /apppools/Api/recycle HTTP/1.1\r\n')
    silent.destroy()
    await unlink(path)
    t.match(await webgarden(server.folder, 'status'), { code: 3 })
    t.match(await text(server.url), /^well/)

    const killed = await start(t)
    killed.process.kill('SIGKILL')
    await once(killed.process, 'close')
    t.match(await webgarden(killed.folder, 'status'), { code: 3, stderr: /no server runs/ })
    await stat(controlAddresses(join(killed.folder, 'applicationHost.json'))[0] ?? '')
    const next = begin(killed.folder, ['start'])
    await once(next.process.stdout ?? next.process, 'data')
    t.match(await webgarden(killed.folder, 'status'), { code: 0 })
    next.process.kill('SIGTERM')
    t.equal((await next.done).code, 0)
  },
)
