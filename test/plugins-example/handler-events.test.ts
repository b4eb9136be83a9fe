/** The handler of the examples that sends events. */
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

t.test('events come one by one, and go on where they were', async (t) => {
  const handler = { ...example('handler-events', { interval: 20 }), path: '/events' }
  const server = await startServer(oneSite([{ path: '/', handlers: [handler] }]))
  t.teardown(() => server.stop())
  const client = await rawClient(server.port)
  client.send(get('/events', { 'Last-Event-ID': '41' }))
  const text = await client.until(/id: 44\n/)
  t.match(text, /Content-Type: text\/event-stream/i)
  t.match(text, /id: 42\nevent: time\ndata: \d{4}-/)
  client.socket.destroy()
})
