/** The wildcard handler of the examples, in front of an application and of another handler. */
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

t.test('it refuses, passes on, and answers old addresses with new ones', async (t) => {
  const server = await startServer(
    oneSite([
      {
        path: '/',
        module: './app.mjs',
        handlers: [
          example('handler-wildcard', { key: 'sesame' }),
          { ...example('handler-hello'), path: '*.hello' },
        ],
      },
    ]),
    { 'app.mjs': `export default (request, response) => response.end('application ' + request.url)` },
  )
  t.teardown(() => server.stop())
  const plain = await fetch(`${server.url}/a?b`)
  t.equal(plain.headers.get('x-seen-by'), 'handler-wildcard')
  t.equal(await plain.text(), 'application /a?b')
  t.match(await (await fetch(`${server.url}/x.hello`)).text(), /^Hello, world!/)
  t.equal(await (await fetch(`${server.url}/old/a`)).text(), 'application /a')
  t.equal((await fetch(`${server.url}/private/a`)).status, 403)
  t.equal((await fetch(`${server.url}/private/a`, { headers: { 'X-Key': 'sesame' } })).status, 200)
})
