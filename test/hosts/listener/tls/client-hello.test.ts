/** The name that a client asks for is read out of its first bytes, whole or in pieces; nonsense is nobody's. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import { readFirstBytes } from '../../../../hosts/listener/tls/client-hello.js'

/** What node's own client begins with. */
const helloOf = async (options: object): Promise<Buffer> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', ...options })
  client.on('error', () => undefined)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return bytes
}

t.test('the name, in lower case, also without ALPN and with an old version', async (t) => {
  for (const options of [{}, { ALPNProtocols: ['h2'] }, { maxVersion: 'TLSv1.2' }]) {
    const bytes = await helloOf({ servername: 'Www.Example.com', ...options })
    t.same(readFirstBytes(bytes), { kind: 'tls', name: 'www.example.com' })
  }
  t.same(readFirstBytes(await helloOf({})), { kind: 'tls', name: '' })
})

t.test('each part of it asks for more, and says nothing wrong', async (t) => {
  const bytes = await helloOf({ servername: 'one.test' })
  for (let length = 0; length < bytes.length; length++)
    t.same(readFirstBytes(bytes.subarray(0, length)), { kind: 'more' }, `${length} bytes`)
})

t.test('plain HTTP is told from TLS', async (t) => {
  t.same(readFirstBytes(Buffer.from('GET / HTTP/1.1')), { kind: 'plain' })
  t.same(readFirstBytes(Buffer.from('P')), { kind: 'plain' })
  t.same(readFirstBytes(Buffer.from([0x80, 1, 2])), { kind: 'tls', name: '' })
})

t.test('nonsense has no name, wherever it is', async (t) => {
  const bytes = await helloOf({ servername: 'one.test' })
  for (let at = 5; at < bytes.length; at++) {
    const broken = Buffer.from(bytes)
    broken[at] = 255
    t.equal(readFirstBytes(broken).kind, 'tls')
  }
  t.same(readFirstBytes(Buffer.from([22, 3, 1, 255, 255, 1])), { kind: 'tls', name: '' })
  t.same(readFirstBytes(Buffer.from([22, 3, 1, 0, 1, 1])), { kind: 'tls', name: '' })
})
