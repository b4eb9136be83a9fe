/** The socket of a connection that an application has taken over, by the messages it sends. */
import t, { type Test } from 'tap'
import { ToListener, WINDOW } from '../../../core/contract/messages.js'
import { Outbox } from '../../../core/handover/outbox.js'
import { TunnelSocket } from '../../../hosts/runtime/tunnel-socket.js'

const HEAD = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\n\r\n'

const facts = {
  id: 7,
  remoteAddress: '127.0.0.1',
  remotePort: 1,
  localAddress: '::1',
  localPort: 2,
  encrypted: false,
}

const make = (): {
  socket: TunnelSocket
  sent: () => unknown[]
  ended: () => number
  closed: () => number
} => {
  const sent: unknown[] = []
  let [ended, closed] = [0, 0]
  const outbox = new Outbox((batch) => sent.push(...batch))
  const socket = new TunnelSocket(
    { outbox, closed: () => closed++ },
    5,
    facts,
    () => ended++,
    () => undefined,
  )
  return {
    socket,
    sent: () => {
      outbox.flush()
      return sent.splice(0)
    },
    ended: () => ended,
    closed: () => closed,
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const opened = (test: Test): ReturnType<typeof make> => {
  const made = make()
  made.socket.write(HEAD)
  test.same(made.sent(), [ToListener.RESPONSE, 5, 4, 101, HEAD])
  return made
}

void t.test('the head leaves when it is whole, whatever pieces it was written in', async (test) => {
  const { socket, sent } = make()
  socket.write(HEAD.slice(0, 10))
  await tick()
  test.same(sent(), [])
  socket.write(`${HEAD.slice(10)}first`)
  const first = [ToListener.RESPONSE_BODY, 5, 0, 'first']
  test.same(sent(), [ToListener.RESPONSE, 5, 4, 101, HEAD, ...first])
})

void t.test('an informational response is passed on before the answer', (test) => {
  const { socket, sent } = make()
  socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${HEAD}`)
  const expected = [ToListener.INFORMATIONAL, 5, 'HTTP/1.1 103 Early Hints\r\n\r\n']
  test.same(sent(), [...expected, ToListener.RESPONSE, 5, 4, 101, HEAD])
  test.end()
})

void t.test('what is no answer is answered with 502', async (test) => {
  const { socket, sent, closed } = make()
  socket.write('hello\r\n\r\n')
  await tick()
  test.same(sent(), [ToListener.REFUSE, 5, 'BAD_RESPONSE'])
  test.equal(closed(), 1)
})

void t.test("a refusal ends with the application's `end` or `destroy`", async (test) => {
  for (const how of ['end', 'destroy'] as const) {
    const { socket, sent, ended, closed } = make()
    socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n')
    socket[how]()
    await tick()
    test.same(sent().slice(5), [ToListener.RESPONSE_BODY, 5, 3, ''], how)
    test.same([ended(), closed()], [1, 1])
  }
})

void t.test('a full window holds writes until the client has caught up', async (test) => {
  const { socket, sent } = opened(test)
  socket.acknowledge(HEAD.length)
  test.notOk(socket.write(Buffer.alloc(WINDOW)))
  await tick()
  test.equal(socket.writableNeedDrain, true)
  sent()
  let drained = false
  socket.once('drain', () => (drained = true))
  socket.acknowledge(WINDOW / 2)
  await tick()
  test.notOk(drained)
  socket.acknowledge(WINDOW / 2)
  await tick()
  test.ok(drained)
})

void t.test('the halves end separately, and with both the exchange', async (test) => {
  const { socket, sent, closed } = opened(test)
  socket.acknowledge(HEAD.length)
  socket.end()
  await tick()
  test.same(sent(), [ToListener.TUNNEL_END, 5])
  socket.resume()
  socket.body(Buffer.from('more'))
  socket.bodyEnd()
  await tick()
  await tick()
  test.same(sent(), [ToListener.REQUEST_ACK, 5, 4, ToListener.RESPONSE_BODY, 5, 3, ''])
  test.equal(closed(), 1)
})

void t.test('a client that goes away without an end is an error nobody need listen to', async (test) => {
  const { socket, sent, ended } = opened(test)
  socket.abort()
  await tick()
  test.equal(socket.destroyed, true)
  test.equal(socket.errored?.message, 'aborted')
  test.same(sent(), [])
  test.equal(ended(), 1)
})
