/** After raw bytes node's own bookkeeping goes on with the connection as if node had written them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { canFinish, clientKeepsAlive, finishNodeResponse } from '../../../hosts/listener/node-response.js'
import { get, rawClient, type RawClient } from '../../harness/raw-client.js'

const serve = async (
  test: Test,
  listener: (incoming: IncomingMessage, response: ServerResponse) => void,
): Promise<RawClient> => {
  const server = createServer({ keepAliveTimeout: 0 }, listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const client = await rawClient((server.address() as AddressInfo).port)
  test.teardown(() => {
    client.socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  return client
}

const write = (incoming: IncomingMessage, response: ServerResponse): void => {
  const body = `<${String(incoming.url)}>`
  incoming.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  finishNodeResponse(response)
}

t.test('node listens to the end of the responses that it makes', async (test) => {
  const told: boolean[] = []
  const client = await serve(test, (incoming, response) => {
    told.push(canFinish(response))
    write(incoming, response)
  })
  client.send(get('/1'))
  await client.until(/<\/1>/)
  test.same(told, [true])
})

t.test('a finished response is finished, and nothing more is written for it', async (test) => {
  const responses: ServerResponse[] = []
  const client = await serve(test, (incoming, response) => {
    responses.push(response)
    write(incoming, response)
  })
  client.send(get('/1'))
  await client.until(/<\/1>/)
  client.send(get('/2'))
  const text = await client.until(/<\/2>/)
  test.same(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2)
  test.match(responses[0], { writableEnded: true })
  test.equal(responses[0]?.socket, null)
})

t.test('the next of several pipelined responses gets the socket', async (test) => {
  const held: (() => void)[] = []
  const client = await serve(test, (incoming, response) => {
    held.push(() => {
      write(incoming, response)
    })
    if (held.length === 3) for (const one of held) one()
  })
  client.send(get('/1') + get('/2') + get('/3'))
  const text = await client.until(/<\/3>/)
  test.same(text.match(/<\/\d>/g), ['</1>', '</2>', '</3>'])
})

t.test('a body that nobody has read does not hold up the connection', async (test) => {
  const client = await serve(test, write)
  client.send(`POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`)
  client.send(get('/2'))
  test.match(await client.until(/<\/2>/), /<\/1>/)
})

t.test("the client's wish for its connection is node's own reading of the head", async (test) => {
  const wishes: boolean[] = []
  const client = await serve(test, (incoming, response) => {
    wishes.push(clientKeepsAlive(response))
    write(incoming, response)
  })
  client.send(get('/1'))
  await client.until(/<\/1>/)
  client.send('GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  await client.until(/<\/2>/)
  client.send(get('/3', { Connection: 'close' }))
  await client.until(/<\/3>/)
  test.same(wishes, [true, true, false])
})
