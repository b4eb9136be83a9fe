/** The smallest handler of the examples. */
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

t.test('it greets as its options say, for GET only', async (t) => {
  const handlers = [{ ...example('handler-hello', { greeting: 'Good day' }), path: '*.hello', verb: 'GET' }]
  const server = await startServer(oneSite([{ path: '/', handlers }]))
  t.teardown(() => server.stop())
  const response = await fetch(`${server.url}/any.hello?name=Ada`)
  t.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
  t.equal(await response.text(), 'Good day, Ada!\nYou are 127.0.0.1, this is /any.hello.\n')
  t.equal((await fetch(`${server.url}/any.hello`, { method: 'DELETE' })).status, 404, 'nothing else is there')
})
