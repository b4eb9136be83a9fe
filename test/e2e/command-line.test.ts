/** What the built command shows of a built server, to people and to programs, and what it says when it cannot. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import { json, says, start, text } from '../harness/steered.js'

t.test('what the server has and does is listed in tables and as JSON', async (t) => {
  const server = await start(t)
  const { folder } = server
  await text(server.url)
  const client = await rawClient(server.port)
  t.teardown(() => client.socket.destroy())
  client.send(get('/hold?one'))
  client.send(get('/hold'))
  await text(`${server.url}/`)

  await says(
    t,
    folder,
    'status',
    /server +webgarden [\s\S]*\nsites +2 started, 1 stopped\napppools +2 started, 0 stopped\nworkers +1\n/,
  )
  await says(
    t,
    folder,
    'list sites',
    /^SITE +ID +STATE +APPS +BINDINGS\nMain +1 +started +2 +http\/127\.0\.0\.1:\d+:\n[\s\S]*Later +3 +stopped/,
  )
  await says(
    t,
    folder,
    'list apps',
    /^APP +APPPOOL +TYPE +SOURCE\nMain\/ +Api +- .*app\.mjs\nMain\/files +Static files +static /,
  )
  await says(
    t,
    folder,
    'list apppools',
    /^APPPOOL +STATE +WORKERS +QUEUED +EXECUTING +ISOLATION\nApi +started +1\/1 +0\/1000 +1 +thread\n/,
  )
  await says(
    t,
    folder,
    'list wps',
    new RegExp(`^WP +APPPOOL +STATE +PID[^\\n]*\\n +\\d+ +Api +running +${server.process.pid}`),
  )
  await says(
    t,
    folder,
    'list requests',
    /^REQUEST +STATE +STAGE +AGE +WP[^\n]*\n[^\n]*executing +dispatch +.* 1 +Api +Main +127\.0\.0\.1:\d+ +GET \/hold\n$/,
  )
  await says(t, folder, 'list modules', /^MODULE +KIND +SLOT +SOURCE\nvalidate +stage +validate +standard\n/)
  await says(t, folder, 'list requests --apppool api --elapsed 3600000', /^no requests\n$/)

  t.match(json((await webgarden(folder, 'status --json')).stdout), { pid: server.process.pid, workers: 1 })
  t.match(json((await webgarden(folder, 'list sites --json')).stdout), [
    { name: 'Main', state: 'started', bindings: [{ port: server.ports[0] }] },
    { name: 'Second' },
    { name: 'Later', state: 'stopped' },
  ])
  t.match(json((await webgarden(folder, 'list requests --json')).stdout), [
    { state: 'executing', url: '/hold', site: 'Main', app: 'Main/', apppool: 'Api', worker: 1 },
  ])
  t.match(json((await webgarden(folder, 'list config')).stdout), {
    applicationPools: [{ name: 'Api', queueLength: 1000 }],
  })
  for (const noun of ['apps', 'apppools', 'wps', 'modules']) {
    t.ok(Array.isArray(json((await webgarden(folder, `list ${noun} --json`)).stdout)), noun)
  }
  await text(`${server.url}/let-go`)
})

t.test('errors say what to do, and have exit codes of their own', async (t) => {
  const empty = await mkdtemp(join(tmpdir(), 'webgarden-'))
  t.teardown(() => rm(empty, { recursive: true, force: true }))
  t.match(await webgarden(empty, 'status'), {
    code: 2,
    stderr: /there is no configuration file applicationHost\.json/,
  })
  await writeFile(join(empty, 'applicationHost.json'), '{}')
  t.match(await webgarden(empty, 'recycle apppool Api'), {
    code: 3,
    stdout: '',
    stderr: /^webgarden: no server runs with applicationHost\.json; start it with: webgarden start --config/,
  })
  const server = await start(t)
  t.match(await webgarden(server.folder, 'recycle apppool Appi'), {
    code: 4,
    stderr: /there is no application pool "Appi"; did you mean "Api"\?/,
  })
  t.match(await webgarden(server.folder, 'stop site Secnd'), { code: 4, stderr: /did you mean "Second"/ })
  t.match(await webgarden(server.folder, ['why', 'apppool', 'Nobody at all']), {
    code: 4,
    stderr: /there is no application pool/,
  })
  t.match(await webgarden(server.folder, 'list pools'), { code: 1, stderr: /unknown command 'pools'/ })
  t.match(await webgarden(server.folder, 'start'), {
    code: 6,
    stderr: /^webgarden: a server runs with .* already; /m,
  })
  t.match(await text(server.url), /^well/, 'the one that runs is not touched')
})
