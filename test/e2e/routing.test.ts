/** From host and path to site, application and pool, as http.sys orders it, on the built server. */
import t from 'tap'
import { rawClient } from '../harness/raw-client.js'
import { startServer } from '../harness/server.js'

/** Says where a request has arrived, and what it looks like there. */
const WHERE = `
export default (request, response) => {
  const { INSTANCE_NAME, APP_POOL_ID, SCRIPT_NAME } = request.serverVariables
  response.end([INSTANCE_NAME, APP_POOL_ID, SCRIPT_NAME || '/', request.url, request.originalUrl ?? '-',
    request.headers['x-forwarded-prefix'] ?? '-'].join(' '))
}`

const text = async (url: string): Promise<string> => (await fetch(url)).text()

const site = (name: string, applications: readonly object[]): object => ({
  name,
  bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
  applications: applications.map((one) => ({ module: './app.mjs', ...one })),
})

/** One server for all. */
const server = await startServer(
  {
    applicationPools: [{ name: 'Off', autoStart: false }, { name: 'Shared' }],
    sites: [
      site('Switched', [{ path: '/on' }, { path: '/off', applicationPool: 'Off' }]),
      site('Test', [
        { path: '/' },
        { path: '/shop' },
        { path: '/shop/admin' },
        { path: '/whole', pathBase: 'keep' },
        { path: '/admin' },
      ]),
      site('One', [{ path: '/', applicationPool: 'Shared' }]),
      site('Two', [{ path: '/', applicationPool: 'Shared' }]),
      site('Three', [{ path: '/' }]),
      site('Hosts', [{ path: '/', module: './host.mjs' }]),
    ],
  },
  {
    'app.mjs': WHERE,
    'host.mjs': `export default (request, response) => { response.end('<' + request.headers.host + '>') }`,
  },
)
t.teardown(() => server.stop())
const [switched = 0, test = 0, one = 0, two = 0, three = 0, hosts = 0] = server.ports
const urlOf = (port: number): string => `http://127.0.0.1:${port}`

t.test(
  'a path without an application is 404, a pool that is off is 503, and neither reaches user code',
  async (t) => {
    const url = urlOf(switched)
    t.equal((await fetch(`${url}/nowhere`)).status, 404)
    const off = await fetch(`${url}/off`)
    t.equal(off.status, 503)
    t.match(await off.text(), /HTTP Error 503\. The service is unavailable\./)
    t.notMatch(server.output(), /Worker/)
    t.equal((await fetch(`${url}/on`)).status, 200)
  },
)

t.test(
  'the longest path wins by whole segments, in any letter case; the application sees its own paths',
  async (t) => {
    const at = (path: string): Promise<string> => text(`${urlOf(test)}${path}`)
    t.equal(await at('/x?y=1'), 'Test DefaultAppPool / /x?y=1 - -')
    t.equal(await at('/shop'), 'Test DefaultAppPool /shop / /shop /shop')
    t.equal(await at('/shop?a=b'), 'Test DefaultAppPool /shop /?a=b /shop?a=b /shop')
    t.equal(await at('/SHOP/cart'), 'Test DefaultAppPool /shop /cart /SHOP/cart /shop')
    t.equal(await at('/shopping'), 'Test DefaultAppPool / /shopping - -')
    t.equal(
      await at('/shop/admin/users'),
      'Test DefaultAppPool /shop/admin /users /shop/admin/users /shop/admin',
    )
    t.equal(await at('/whole/x'), 'Test DefaultAppPool /whole /whole/x /whole/x /whole')
  },
)

t.test(
  'dot segments and backslashes cannot lead to an application by a way that it does not see',
  async (t) => {
    const at = async (target: string): Promise<string> => {
      const client = await rawClient(test)
      client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      const { text: all } = await client.ended()
      return all.startsWith('HTTP/1.1 200') ? (all.split('\r\n\r\n')[1] ?? '') : all.slice(9, 12)
    }
    t.match(await at('/x/../admin/y'), /Test DefaultAppPool \/admin \/y \/admin\/y/)
    t.match(await at('/x/%2e%2e/admin/y'), /Test DefaultAppPool \/admin \/y \/admin\/y/)
    t.match(await at('/x%5c..%5cadmin/y'), /Test DefaultAppPool \/admin \/y \/admin\/y/)
    t.match(await at('//admin/y'), /Test DefaultAppPool \/admin \/y /)
    t.match(await at('/%61dmin/y'), /Test DefaultAppPool \/admin \/y /)
    t.match(await at('/admin%2fy'), /Test DefaultAppPool \/ \/admin%2fy/)
    t.equal(await at('/../etc'), '403')
    t.equal(await at('/a%00b'), '400')
    t.equal(await at('/%252e%252e/admin'), '404')
  },
)

t.test(
  'a pool may serve several sites and applications; the default pool needs no declaration',
  async (t) => {
    const answers = await Promise.all([one, two, three].map((port) => text(urlOf(port))))
    t.same(
      answers.map((answer) => answer.split(' ').slice(0, 2)),
      [
        ['One', 'Shared'],
        ['Two', 'Shared'],
        ['Three', 'DefaultAppPool'],
      ],
    )
    t.equal(
      server.output().match(/Worker \d+ of pool "Shared" is ready/g)?.length,
      1,
      'one worker for both sites',
    )
  },
)

t.test('requests at once with the same headers keep their own hosts', async (t) => {
  const client = await rawClient(hosts)
  const ask = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: b.example\r\n\r\n`
  client.send(ask('/') + ask('/') + ask('http://a.example/') + ask('/') + ask('/'))
  const all = await client.until(/(<[^>]*>[^]*){5}/)
  t.same(all.match(/<[^>]*>/g), ['<b.example>', '<b.example>', '<a.example>', '<b.example>', '<b.example>'])
  client.socket.destroy()
})
