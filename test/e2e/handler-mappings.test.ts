/** Mappings of a site and of its applications, what passes them by, and what clients on other machines learn of errors. */
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const SAYS = `
import { defineHandler } from 'webgarden'
export default defineHandler({
  name: 'says',
  options: { type: 'object', additionalProperties: false, properties: { word: { type: 'string', default: 'says' } } },
  handle(ecb) {
    ecb.sendResponseHeaderEx({ status: 200 })
    return ecb.writeClient(ecb.options.word).then(() => 'SUCCESS')
  },
})
`

const WILD = `
import { defineHandler } from 'webgarden'
let runs = 0
export default defineHandler({
  name: 'wild',
  async handle(ecb) {
    const { queryString } = ecb
    const pathInfo = ecb.context.path
    if (pathInfo === '/throw') throw new Error('thrown with secrets')
    if (pathInfo === '/refuse') return ecb.sendCustomError(404, 7, 'the detail')
    if (pathInfo === '/plain') return ecb.execUrl({ url: '/refuse', disableCustomError: true })
    if (pathInfo === '/twice' && runs++ < 20)
      return ecb.execUrl({ url: '/other.says', ignoreCurrentInterceptor: queryString === 'ignore' })
    ecb.context.response.appendHeader('X-Wild', pathInfo)
    await ecb.execUrl()
  },
})
`

const says = (name: string, path: string, word: string): object => ({
  name,
  path,
  module: './says.mjs',
  options: { word },
})

const start = (): Promise<TestServer> =>
  startServer(
    {
      sites: [
        {
          name: 'Test',
          bindings: [{ bindingInformation: '127.0.0.1:0:' }],
          handlers: [says('All', '*.all', 'site all'), says('Kept', '*.kept', 'site kept')],
          applications: [
            { path: '/', module: './app.mjs' },
            {
              path: '/adds',
              module: './app.mjs',
              handlers: [says('First', '*.all,*.own', 'application first')],
            },
            {
              path: '/alters',
              module: './app.mjs',
              handlers: [{ remove: 'All' }, says('Kept', '*.kept', 'another kept')],
            },
            {
              path: '/clears',
              module: './app.mjs',
              handlers: [{ clear: true }, says('Own', '*.own', 'cleared own')],
            },
            {
              path: '/files',
              module: './app.mjs',
              physicalPath: './folder',
              handlers: [{ ...says('Files', '*.kept', 'a file'), resourceType: 'File' }],
            },
          ],
        },
        {
          name: 'Wild',
          bindings: [{ bindingInformation: '127.0.0.1:0:', proxyProtocol: true }],
          applications: [
            {
              path: '/',
              module: './app.mjs',
              modules: [
                {
                  name: 'httpErrors',
                  options: { error: [{ statusCode: 404, path: './404.html' }] },
                },
              ],
              handlers: [
                { name: 'Wild', path: '*', module: './wild.mjs', requireAccess: 'None' },
                says('Says', '*.says', 'said'),
              ],
            },
            {
              path: '/bare',
              module: './app.mjs',
              handlers: [{ name: 'Wild', path: '*', module: './wild.mjs' }],
            },
          ],
        },
      ],
    },
    {
      'app.mjs': `export default (request, response) => response.end('application')`,
      'says.mjs': SAYS,
      'wild.mjs': WILD,
      '404.html': 'a page of our own',
      'folder/there.kept': 'there',
    },
  )

t.test('an application adds to the mappings of its site, takes away, and alters', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  const { url } = server
  const text = async (path: string): Promise<string> => (await fetch(url + path)).text()

  t.equal(await text('/x.all'), 'site all')
  t.equal(await text('/x.own'), 'application')
  t.equal(await text('/adds/x.all'), 'application first', 'deeper ones come before those of the site')
  t.equal(await text('/adds/x.kept'), 'site kept')
  t.equal(await text('/alters/x.all'), 'application', 'taken away')
  t.equal(await text('/alters/x.kept'), 'another kept', 'a name that comes again replaces')
  t.equal(await text('/clears/x.all'), 'application')
  t.equal(await text('/clears/x.own'), 'cleared own')
  t.equal(await text('/files/there.kept/more'), 'a file')
  t.equal(await text('/files/none.kept'), 'site kept', 'without the file the next mapping is asked')

  const port = server.ports[1] ?? 0
  /** The whole answer to a client with this address. */
  const answer = async (from: string, path: string): Promise<string> => {
    const client = await rawClient(port)
    client.send(`PROXY TCP4 ${from} 192.0.2.1 5555 80\r\n${get(path, { Connection: 'close' })}`)
    return (await client.ended()).text
  }
  const [local, remote] = ['127.0.0.1', '192.0.2.7']

  await t.test('a child passes the wildcard handler, or is passed by', async (t) => {
    t.match(await answer(local, '/page.says'), /X-Wild: \/page\.says\r\n[^]*said\r\n/)
    t.match(await answer(local, '/twice'), /X-Wild: \/other\.says\r\n[^]*said\r\n/)
    const ignored = await answer(local, '/twice?ignore')
    t.match(ignored, /said\r\n/)
    t.notMatch(ignored, /X-Wild/, 'ignoreCurrentInterceptor')
  })

  await t.test('only clients on this machine see what has failed', async (t) => {
    for (const path of ['/throw', '/bare/throw']) {
      t.match(await answer(local, path), /^HTTP\/1\.1 500 [^]*thrown with secrets[^]*wild\.mjs/, path)
      const seen = await answer(remote, path)
      t.match(seen, /^HTTP\/1\.1 500 /)
      t.notMatch(seen, /secrets|wild\.mjs|at /, path)
    }
    t.match(await answer(remote, '/refuse'), /^HTTP\/1\.1 404 [^]*a page of our own$/)
    t.match(await answer(local, '/refuse'), /^HTTP\/1\.1 404 [^]*the detail/)
    const plain = await answer(remote, '/plain')
    t.match(plain, /^HTTP\/1\.1 404 [^]*404\.7 - Not Found/)
    t.notMatch(plain, /of our own|the detail/, 'disableCustomError')
  })
})
