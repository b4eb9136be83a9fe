/** Changes of the configuration file under a running server, as its clients see them. */
import { once } from 'node:events'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'ws'
import { freePort } from '../harness/free-port.js'
import { ask, Client, pool, site, start } from '../harness/live.js'
import { get, rawClient } from '../harness/raw-client.js'

t.test(
  'ten changes pass an open download, a WebSocket and a keep-alive client of another site by',
  async (t) => {
    const live = await start({
      applicationPools: [pool('A'), pool('B')],
      sites: [
        site('One', 'one', 'A', {
          applications: [
            { path: '/', applicationPool: 'A', module: './app.mjs' },
            { path: '/echo', applicationPool: 'A', module: './echo.mjs' },
          ],
        }),
        site('Two', 'two', 'B'),
      ],
    })
    const { server, file } = live
    t.teardown(() => server.stop())
    const [one = 0, two = 0] = server.ports
    const client = await Client.at(one)
    t.teardown(() => {
      client.end()
    })
    const download = await rawClient(one)
    download.send(get('/endless', { Host: 'one' }))
    await download.until(/begun/)
    const socket = new WebSocket(`ws://127.0.0.1:${one}/echo`, { headers: { Host: 'one' } })
    await once(socket, 'open')
    const same = async (what: string): Promise<void> => {
      socket.send(what)
      const [echo] = (await once(socket, 'message')) as [Buffer]
      t.equal(String(echo), what, `${what}: the same WebSocket`)
      t.equal(await client.ask('one'), '200 A  /', `${what}: the same client on the same socket`)
    }
    await same('before')

    const extra = await freePort()
    await live.change(({ sites }) => {
      sites.unshift(
        site('Three', 'three', 'C', { bindings: [{ bindingInformation: `127.0.0.1:${extra}:three` }] }),
      )
      live.config.applicationPools.push(pool('C'))
    })
    await same('a site with a port and a pool of its own')
    t.equal(await ask(extra, 'three'), '200 C  /')

    await live.change(({ sites }) => {
      const three = sites[0] as { applications: object[]; bindings: object[] }
      three.applications.push({ path: '/shop', applicationPool: 'B', module: './app.mjs' })
      three.bindings.push({ bindingInformation: `127.0.0.1:${extra}:drei` })
    })
    await same('an application and a binding more')
    t.equal(await ask(extra, 'drei', '/shop/cart'), '200 B  /cart')

    await live.change(({ sites }) => {
      sites[2] = site('Two', 'two', 'C')
    })
    await same('an application moved to another pool')
    t.equal(await ask(two, 'two'), '200 C  /')

    await live.change(({ sites }) => Object.assign(sites[2] as object, { limits: { maxUrlSegments: 1 } }))
    await same('a limit of a site')
    t.match(await ask(two, 'two', '/a/b/c'), /^404/)

    await live.change(({ sites }) =>
      Object.assign(sites[2] as object, { logFile: { directory: './elsewhere' } }),
    )
    await same('a folder of a log')
    t.equal(await ask(two, 'two', '/logged'), '200 C  /logged')

    await live.change((config) => {
      config.webLimits = { maxFieldLength: 100 }
    })
    await same('a limit of the server')
    t.match(await ask(two, 'two', `/?${'x'.repeat(50)}`), /^200/)

    await live.change(({ applicationPools }) =>
      Object.assign(applicationPools[2] as object, { queueLength: 50 }),
    )
    await same('a live key of another pool')

    await live.change(({ applicationPools }) => {
      applicationPools[2] = pool('C', { environmentVariables: { WHO: 'new' } })
    })
    await same('another pool recycled')
    await server.printed(/pool "C" is recycled: its configuration has changed/)
    await server.printed(/Worker \d+ of pool "C" has ended: worker \d+ replaces it/)
    t.equal(await ask(two, 'two'), '200 C new /')

    await live.change(({ sites }) => {
      sites.splice(0, 1)
    })
    await same('a site gone')
    await t.rejects(rawClient(extra), { code: 'ECONNREFUSED' }, 'and its port with it')

    await live.change(({ sites, applicationPools }) => {
      sites[1] = site('Two', 'two', 'B')
      applicationPools.splice(2, 1)
    })
    await same('a pool gone')
    t.equal(await ask(two, 'two'), '200 B  /')

    socket.close()
    t.equal(await ask(one, 'one', '/finish'), '200 finished')
    t.match(await download.until(/0\r\n\r\n$/), /begun [^]*done/, 'the download is whole')
    t.equal((await readdir(join(server.folder, 'elsewhere'))).length, 1, 'the log went to its new folder')
    t.notMatch(server.output(), /pool "A" (is recycled|has ended)/)
    t.match(JSON.parse(await readFile(file, 'utf8')), { sites: [{ name: 'One' }, { name: 'Two' }] })
  },
)

t.test('an application moves to another pool under load, and no request is lost', async (t) => {
  const live = await start({
    applicationPools: [pool('A'), pool('B')],
    sites: [site('One', 'one', 'A')],
  })
  t.teardown(() => live.server.stop())
  const { port } = live.server
  let moving = true
  const seen = new Map<string, number>()
  const load = Array.from({ length: 8 }, async () => {
    const client = await Client.at(port)
    while (moving) {
      const answer = await client.ask('one')
      seen.set(answer, (seen.get(answer) ?? 0) + 1)
    }
    client.end()
  })
  const slow = ask(port, 'one', '/slow')
  for (const name of ['B', 'A', 'B', 'A', 'B']) {
    await live.change(({ sites }) => {
      sites[0] = site('One', 'one', name)
    })
    t.equal(await ask(port, 'one'), `200 ${name}  /`)
  }
  moving = false
  await Promise.all(load)
  t.equal(await slow, '200 slow', 'what was taken is finished where it was')
  t.same([...seen.keys()].sort(), ['200 A  /', '200 B  /'], 'nothing else was answered')
})

t.test('a binding of all addresses takes the place of one of a single address, and back', async (t) => {
  const port = await freePort()
  const at = (address: string) => ({ bindings: [{ bindingInformation: `${address}:${port}:one` }] })
  const live = await start({
    applicationPools: [pool('A')],
    sites: [site('One', 'one', 'A', at('127.0.0.1'))],
  })
  t.teardown(() => live.server.stop())
  const client = await Client.at(port)
  t.teardown(() => {
    client.end()
  })
  for (const address of ['*', '127.0.0.1']) {
    t.equal(await client.ask('one'), '200 A  /')
    await live.change(({ sites }) => {
      sites[0] = site('One', 'one', 'A', at(address))
    })
    t.equal(await ask(port, 'one'), '200 A  /', `new connections at ${address}`)
  }
  t.equal(await client.ask('one'), '200 A  /', 'the old connection has seen both')
})

t.test('a file that is replaced by renaming, and SIGHUP, are seen too; versions are kept', async (t) => {
  const live = await start({
    applicationPools: [pool('A')],
    sites: [site('One', 'one', 'A')],
    configHistory: { maxHistories: 3 },
  })
  t.teardown(() => live.server.stop())
  const { server } = live
  const byRename = async (file: string, text: string): Promise<void> => {
    await writeFile(`${file}~`, text)
    await rename(`${file}~`, file)
  }
  for (const name of ['B', 'C', 'D']) {
    t.match(
      await live.change(({ applicationPools }) => {
        applicationPools.push(pool(name))
      }, byRename),
      new RegExp(`in force: pool "${name}" added`),
    )
  }
  const kept = async (): Promise<string[]> => (await readdir(join(server.folder, 'history'))).sort()
  // The event comes first: a disk may be slow, and a configuration need not wait for it.
  while (!(await kept()).includes('CFGHISTORY_0000000004') || (await kept()).length > 3);
  t.same(await kept(), ['CFGHISTORY_0000000002', 'CFGHISTORY_0000000003', 'CFGHISTORY_0000000004'])
  const about = JSON.parse(
    await readFile(join(server.folder, 'history', 'CFGHISTORY_0000000004', 'about.json'), 'utf8'),
  ) as object
  t.match(about, { at: Number, who: String, changes: ['pool "D" added'] })

  await live.change((config) => {
    config.configHistory = { watch: false }
  })
  live.config.applicationPools.push(pool('E'))
  await writeFile(live.file, JSON.stringify(live.config))
  t.notMatch(server.output(), /pool "E" added/)
  server.process.kill('SIGHUP')
  t.match(await live.told(), /in force: pool "E" added/)
})
