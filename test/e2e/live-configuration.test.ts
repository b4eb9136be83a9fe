/** Changes of the configuration file under a running server, as its clients and its administrator see them. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

/** Says who it is; streams for as long as one likes; dies at its start if it is told to. */
const APPLICATION = `
if (process.env.BROKEN === 'yes') process.exit(7)
export default (request, response) => {
  if (request.url === '/endless') {
    response.write('begun ')
    process.downloads ??= []
    process.downloads.push(response)
    return
  }
  if (request.url === '/finish') {
    for (const download of process.downloads ?? []) download.end('done')
    return response.end('finished')
  }
  if (request.url === '/slow') return void setTimeout(() => response.end('slow'), 300)
  response.end([process.env.POOL, process.env.WHO, request.url].join(' '))
}
`
const FILES = { 'app.mjs': APPLICATION }

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface Configured {
  sites: Record<string, unknown>[]
  applicationPools: Record<string, unknown>[]
  [key: string]: unknown
}

const pool = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  environmentVariables: { POOL: name, ...(more.environmentVariables as object | undefined) },
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'environmentVariables')),
})

const site = (
  name: string,
  host: string,
  applicationPool: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  name,
  bindings: [{ protocol: 'http', bindingInformation: `127.0.0.1:0:${host}` }],
  applications: [{ path: '/', applicationPool, module: './app.mjs' }],
  ...more,
})

type Write = (file: string, text: string) => Promise<void>

/** A running server whose file can be changed. */
class Live {
  readonly server: TestServer
  readonly config: Configured
  private changes = 0

  constructor(server: TestServer, config: Configured) {
    this.server = server
    this.config = config
  }

  get file(): string {
    return join(this.server.folder, 'applicationHost.json')
  }

  /** Writes the file as it is now, and resolves when the server has said what became of it. */
  async change(action: (config: Configured) => void, write: Write = writeFile): Promise<string> {
    action(this.config)
    return this.write(JSON.stringify(this.config, null, 2), write)
  }

  async write(text: string, write: Write = writeFile): Promise<string> {
    await write(this.file, text)
    return this.told()
  }

  /** What the server says of the next change. */
  async told(): Promise<string> {
    this.changes++
    const [said] = await this.server.printed(/has changed and is (in force|refused)[^\n]*/, this.changes)
    return said
  }
}

const start = async (config: Configured, files: Record<string, string> = FILES): Promise<Live> =>
  new Live(await startServer(config, files), structuredClone(config))

/** A keep-alive client that always uses the same socket. */
class Client {
  private readonly raw: RawClient
  private answers = 0

  constructor(raw: RawClient) {
    this.raw = raw
  }

  static async at(port: number): Promise<Client> {
    return new Client(await rawClient(port))
  }

  /** The status and the body of an answer that ends with the request's URL. */
  async ask(host: string): Promise<string> {
    const query = `?${++this.answers}`
    this.raw.send(get(`/${query}`, { Host: host }))
    const text = await this.raw.until(new RegExp(`\\${query}$|HTTP/1.1 (?!200)`))
    const last = text.slice(text.lastIndexOf('HTTP/1.1 '))
    const body = last.slice(last.indexOf('\r\n\r\n') + 4)
    return `${last.slice(9, 12)} ${body.replace(query, '')}`
  }

  end(): void {
    this.raw.socket.destroy()
  }
}

const ask = async (port: number, host: string, path = '/'): Promise<string> => {
  const client = await rawClient(port)
  client.send(get(path, { Host: host, Connection: 'close' }))
  const { text } = await client.ended()
  return `${text.slice(9, 12)} ${text.slice(text.indexOf('\r\n\r\n') + 4)}`
}

t.test('ten changes pass an open download and a keep-alive client of another site by', async (t) => {
  const live = await start({
    applicationPools: [pool('A'), pool('B')],
    sites: [site('One', 'one', 'A'), site('Two', 'two', 'B')],
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
  const same = async (what: string): Promise<void> => {
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

  t.equal(await ask(one, 'one', '/finish'), '200 finished')
  t.match(await download.until(/0\r\n\r\n$/), /begun [^]*done/, 'the download is whole')
  t.equal((await readdir(join(server.folder, 'elsewhere'))).length, 1, 'the log went to its new folder')
  t.notMatch(server.output(), /pool "A" (is recycled|has ended)/)
  t.match(JSON.parse(await readFile(file, 'utf8')), { sites: [{ name: 'One' }, { name: 'Two' }] })
})

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

t.test(
  'a change that is wrong is refused with all its mistakes, and the old configuration goes on',
  async (t) => {
    const live = await start({ applicationPools: [pool('A')], sites: [site('One', 'one', 'A')] })
    t.teardown(() => live.server.stop())
    const { server } = live
    t.equal(await ask(server.port, 'one'), '200 A  /')
    const said = await live.change((config) => {
      config.applicationPools.push({ name: 'Late' })
      config.sites.push(site('Bad', 'bad', 'Nowhere', { limits: { maxUrlSegments: -1 } }))
    })
    t.match(said, /refused: 2 problems/)
    t.match(server.output(), /applicationHost\.json:\d+:\d+: \/sites\/1\/applications\/0\/applicationPool/)
    t.match(server.output(), /applicationHost\.json:\d+:\d+: \/sites\/1\/limits\/maxUrlSegments/)
    t.match(await live.write('{ "sites": ['), /refused/)
    t.equal(await ask(server.port, 'one'), '200 A  /')
    const well = await live.change((config) => {
      config.sites.splice(1)
    })
    t.match(well, /in force: pool "Late" added/)
  },
)

t.test('a port in use is found before anything has changed', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const live = await start({ applicationPools: [pool('A')], sites: [site('One', 'one', 'A')] })
  t.teardown(() => live.server.stop())
  const { server } = live
  const free = await freePort()
  const said = await live.change((config) => {
    config.sites.push(
      site('Free', 'free', 'A', { bindings: [{ bindingInformation: `127.0.0.1:${free}:free` }] }),
      site('Taken', 'taken', 'A', { bindings: [{ bindingInformation: `127.0.0.1:${port}:taken` }] }),
    )
    config.sites[0] = site('One', 'one', 'A', { limits: { maxUrlSegments: 1 } })
  })
  t.match(said, /refused: 1 problem/)
  t.match(server.output(), new RegExp(`/sites/2/bindings/0: port ${port} on 127.0.0.1 is in use`))
  t.equal(await ask(server.port, 'one', '/a/b'), '200 A  /a/b', 'the limit is the old one')
  await t.rejects(rawClient(free), { code: 'ECONNREFUSED' }, 'nor is the other port open')
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

t.test('a pool that does not come up goes back, and its old worker answers on', async (t) => {
  const live = await start({
    applicationPools: [pool('A'), pool('B')],
    sites: [site('One', 'one', 'A'), site('Two', 'two', 'B')],
  })
  t.teardown(() => live.server.stop())
  const { server } = live
  const [one = 0, two = 0] = server.ports
  t.equal(await ask(one, 'one'), '200 A  /')
  t.equal(await ask(two, 'two'), '200 B  /')
  await live.change(({ applicationPools }) => {
    applicationPools[0] = pool('A', { environmentVariables: { BROKEN: 'yes' } })
    applicationPools[1] = pool('B', { environmentVariables: { WHO: 'new' } })
  })
  await server.printed(/5093/)
  await server.printed(/new configuration of pool "A" is taken back.*environmentVariables\.BROKEN/)
  await server.printed(/Worker \d+ of pool "B" has ended: worker \d+ replaces it/)
  t.equal(await ask(one, 'one'), '200 A  /')
  t.equal(await ask(two, 'two'), '200 B new /', 'the other pool has its new one')
  await live.change(({ applicationPools }) => {
    applicationPools[0] = pool('A', { environmentVariables: { WHO: 'well' } })
  })
  await server.printed(/Worker \d+ of pool "A" has ended: worker \d+ replaces it/)
  t.equal(await ask(one, 'one'), '200 A well /')
})

t.test('with disallowRotationOnConfigChange running workers keep what they were started with', async (t) => {
  const recycling = { disallowRotationOnConfigChange: true }
  const live = await start({
    applicationPools: [pool('A', { recycling })],
    sites: [site('One', 'one', 'A')],
  })
  t.teardown(() => live.server.stop())
  const { server } = live
  t.equal(await ask(server.port, 'one'), '200 A  /')
  await live.change(({ applicationPools }) => {
    applicationPools[0] = pool('A', { recycling, environmentVariables: { WHO: 'new' } })
  })
  t.equal(await ask(server.port, 'one'), '200 A  /')
  t.notMatch(server.output(), /is recycled/)
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

t.test('what needs a new start waits for it, and all else is in force', async (t) => {
  const live = await start({ applicationPools: [pool('A')], sites: [site('One', 'one', 'A')] })
  t.teardown(() => live.server.stop())
  const { server } = live
  const port = await freePort()
  await live.change((config) => {
    config.pipeline = { log: ['log'] }
    config.eventLog = { file: './events.log', level: 'info' }
    config.sites.push(
      site('Two', 'two', 'A', { bindings: [{ bindingInformation: `127.0.0.1:${port}:two` }] }),
    )
  })
  t.equal(await ask(port, 'two'), '200 A  /')
  await server.printed(/now says of .*pipeline\.log.* waits for the next start/)
  t.match(server.output(), /now says of .*eventLog\.file/)
})
