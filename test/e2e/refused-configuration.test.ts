/** Changes of the configuration file that cannot be put in force, or not all of it: the old one goes on. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { freePort } from '../harness/free-port.js'
import { ask, pool, site, start } from '../harness/live.js'
import { rawClient } from '../harness/raw-client.js'

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
  await server.printed(/now says of .*eventLog\.file/)
})
