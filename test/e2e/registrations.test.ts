/** Pools and their places in the namespace: what the routing table holds, what goes when a pool or a site goes, who hears. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { controlAddresses } from '../../core/control/address.js'
import { webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import type { TestServer } from '../harness/server.js'
import { CONFIG, json, says, start, text } from '../harness/steered.js'
import { ask } from '../hosts/admin/controlled.js'

interface Pool {
  name: string
  maxProcesses: number
  workers: number
  namespace: string[]
}

const pools = async (server: TestServer): Promise<Pool[]> =>
  json((await webgarden(server.folder, 'list apppools --json')).stdout) as Pool[]

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

t.test('the routing table holds the regions of each pool, and how many workers it may have', async (t) => {
  const server = await start(t, {
    ...CONFIG,
    applicationPools: [{ name: 'Api' }, { name: 'Static files', processModel: { maxProcesses: 3 } }],
  })
  const [main = 0, second = 0] = server.ports
  t.match(await pools(server), [
    {
      name: 'Api',
      maxProcesses: 1,
      workers: 0,
      namespace: [`http/127.0.0.1:${main}:/`, `http/127.0.0.1:${second}:/`],
    },
    { name: 'Static files', maxProcesses: 3, namespace: [`http/127.0.0.1:${main}:/files`] },
  ])

  await t.test('a site that stops takes its registrations with it; others are served', async (t) => {
    const held = await rawClient(main)
    held.send(get('/hold'))
    await says(t, server.folder, 'stop site Second', /is stopped/)
    t.same((await pools(server))[0]?.namespace, [`http/127.0.0.1:${main}:/`])
    t.equal(await statusOf(`http://127.0.0.1:${second}/`), 400, 'nobody is registered there')
    t.match(await text(`${server.url}/let-go`), /^well/)
    t.match(await held.until(/held$/), /200 OK/, 'a request of another site that was under way')
  })

  await t.test('a pool that stops is queued for no longer; others are', async (t) => {
    const client = await rawClient(main)
    client.send(get('/files/a.txt'))
    await client.until(/a file$/)
    await says(t, server.folder, 'stop apppool Api', /is stopped/)
    t.equal(await statusOf(server.url), 503)
    t.match((await pools(server))[0], { workers: 0 })
    client.send(get('/files/a.txt'))
    await client.until(/a file[^]*a file$/)
    await says(t, server.folder, 'start apppool Api', /is started/)
    t.match(await text(server.url), /^well/)
  })

  await t.test('all sites and pools but one taken out of the file: the one goes on', async (t) => {
    const client = await rawClient(main)
    client.send(get('/files/a.txt'))
    await client.until(/a file$/)
    const [site] = CONFIG.sites
    const rest = {
      applicationPools: [{ name: 'Static files' }],
      sites: [{ ...site, applications: site?.applications.slice(1) }],
    }
    await writeFile(join(server.folder, 'applicationHost.json'), JSON.stringify(rest))
    await server.printed(/pool "Api" removed/)
    t.same(
      (await pools(server)).map(({ name, namespace }) => [name, namespace]),
      [['Static files', [`http/127.0.0.1:${main}:/files`]]],
    )
    t.equal(await statusOf(server.url), 404, 'its place is nobody’s')
    client.send(get('/files/a.txt'))
    await client.until(/a file[^]*a file$/)
  })
})

t.test('the default pool has the name that applicationDefaults gives it', async (t) => {
  const server = await start(t, {
    applicationDefaults: { applicationPool: 'House' },
    applicationPools: [{ name: 'House' }],
    sites: [
      {
        name: 'Main',
        bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
        applications: [{ path: '/', module: './app.mjs' }],
      },
    ],
  })
  t.match(await text(server.url), /^well/)
  t.same(
    (await pools(server)).map(({ name }) => name),
    ['House'],
    'and there is no other',
  )
})

t.test(
  'load-balancing software hears which applications are down; the others keep their requests',
  async (t) => {
    const server = await start(t, {
      applicationPools: [
        { name: 'Api', failure: { rapidFailProtectionMaxCrashes: 1 } },
        { name: 'Tcp', failure: { rapidFailProtectionMaxCrashes: 1, loadBalancerCapabilities: 'TcpLevel' } },
        { name: 'Static files' },
      ],
      sites: [
        {
          name: 'Main',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [
            { path: '/', applicationPool: 'Api', module: './app.mjs' },
            { path: '/tcp', applicationPool: 'Tcp', module: './app.mjs' },
            { path: '/files', applicationPool: 'Static files', type: 'static', physicalPath: './files' },
            { path: '/broken', applicationPool: 'Static files', module: './broken.mjs' },
          ],
        },
      ],
    })
    const [socketPath = ''] = controlAddresses(join(server.folder, 'applicationHost.json'))
    const health = (query: string) => ask({ socketPath, path: `/health${query}` })
    t.match(await health(''), { status: 200, body: [{ app: 'Main/', state: 'up' }, {}, {}, {}] })

    await fetch(`${server.url}/crash`).catch(() => undefined)
    await server.printed(/5002.*"Api"/)
    t.match(await health('?app=main/'), {
      status: 503,
      body: [{ app: 'Main/', apppool: 'Api', state: 'down', reason: /^pool "Api" is stop/ }],
    })
    t.match(await health('?app=Main/files'), { status: 200, body: [{ state: 'up' }] })
    t.equal(await statusOf(server.url), 503, 'HttpLevel: its own URLs say so')
    t.equal(await text(`${server.url}/files/a.txt`), 'a file')

    await fetch(`${server.url}/tcp/crash`).catch(() => undefined)
    await server.printed(/5002.*"Tcp"/)
    const client = await rawClient(server.port)
    client.send(get('/tcp/'))
    t.same(await client.ended(), { how: 'reset', text: '' }, 'TcpLevel: to whoever reads no HTTP')

    t.equal(await statusOf(`${server.url}/broken`), 503)
    t.match(await health('?apppool=static%20files'), {
      status: 503,
      body: [{ state: 'up' }, { app: 'Main/broken', state: 'down', reason: 'it could not be loaded' }],
    })
    t.match(await health('?app=Main/fils'), { status: 404, body: { message: /did you mean "Main\/files"/ } })
    await says(t, server.folder, 'start apppool Api', /is started/)
    t.match(await health('?app=Main/'), { status: 200 })
  },
)
