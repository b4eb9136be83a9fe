/** A thousand clients that send and read slowly, at once: others are answered, and nothing of them stays. */
import t from 'tap'
import { becomes, memoryOf, socketsOf } from '../harness/descriptors.js'
import { text } from '../harness/faults.js'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const SLOW = 1000

/** The application shares one buffer among all responses: what is measured is the server's. */
const APP = `
const part = Buffer.alloc(65536)
export default (request, response) => {
  if (request.url === '/big') {
    let left = 64
    const more = () => { while (left-- > 0 && response.write(part)); if (left < 0) response.end() }
    response.on('drain', more)
    return more()
  }
  request.resume().on('end', () => response.end('done'))
}`

const kinds: Readonly<Record<string, (client: RawClient) => void>> = {
  'slow heads': ({ send }) => {
    send('GET /slow HTTP/1.1\r\nHost: test\r\nX-')
  },
  'slow bodies': ({ send }) => {
    send('POST /slow HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nx')
  },
  'slow readers': ({ socket, send }) => {
    socket.pause()
    send(get('/big'))
  },
}

for (const [kind, begin] of Object.entries(kinds)) {
  t.test(kind, async (t) => {
    const server = await startServer(
      oneSite([{ path: '/', module: './app.mjs' }], {
        // A request whose body is slow is with its worker already: more of them than this would let others wait.
        applicationPools: [{ name: 'DefaultAppPool', concurrentRequests: 2000 }],
        siteDefaults: { limits: { connectionTimeout: '15s' } },
        webLimits: { connectionTimeout: '15s', headerWaitTimeout: '15s', minBytesPerSecond: 100_000 },
      }),
      { 'app.mjs': APP },
    )
    t.teardown(() => server.stop())
    const answered = async (): Promise<void> => {
      const answer = await text(server.url)
      if (answer !== 'done') throw new Error(answer)
    }
    for (let i = 0; i < 200; i++) await answered()
    const sockets = socketsOf(server)
    const memory: number[] = []
    // What the first round leaves is the heap that it needed; a second one must find it free.
    for (let round = 0; round < 2; round++) {
      const clients: RawClient[] = []
      for (let i = 0; i < SLOW; i++) {
        const client = await rawClient(server.port)
        client.socket.on('error', () => undefined)
        begin(client)
        clients.push(client)
      }
      t.ok(socketsOf(server) > sockets + SLOW / 2, 'they are there')
      for (let i = 0; i < 200; i++) await answered()
      await becomes(() => socketsOf(server) <= sockets + 2)
      for (const { socket } of clients) socket.destroy()
      for (let i = 0; i < 200; i++) await answered()
      memory.push(Math.round(memoryOf(server)))
    }
    const [first = 0, second = 0] = memory
    t.ok(second < first + 100, `memory is ${second} MB after the second round, ${first} MB after the first`)
  })
}
