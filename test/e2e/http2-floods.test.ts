/** Clients of HTTP/2 that cost more than they should are cut off, and nobody else notices; a stop finishes what is under way. */
import { once } from 'node:events'
import { constants, type ClientHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { http2Client } from '../harness/http2-client.js'
import { readLog } from '../harness/read-log.js'
import { startServer, type TestServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  if (request.url === '/slow') return setTimeout(() => response.end('slow'), 400)
  if (request.url === '/never') return
  response.end('fine')
}`

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** One frame (RFC 9113 section 4.1). */
const frame = (
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const CONTINUATION = 9
const END_STREAM = 1
const END_HEADERS = 4

/** `GET / HTTP` to host `x`, of indexed fields and one literal (RFC 7541). */
const GET_HEAD = Buffer.from([0x82, 0x84, 0x86, 0x01, 0x01, 0x78])
/** `POST /never`: nobody reads its body, or answers. */
const POST_HEAD = Buffer.concat([
  Buffer.from([0x83, 0x86, 0x04, 0x06]),
  Buffer.from('/never'),
  Buffer.from([0x01, 0x01, 0x78]),
])

let server: TestServer

t.before(async () => {
  server = await startServer(
    {
      sites: [
        {
          name: 'H2',
          bindings: [{ bindingInformation: '127.0.0.1:0:', http2: true }],
          applications: [{ path: '/', module: './app.mjs' }],
        },
      ],
    },
    { 'app.mjs': APP },
  )
})
t.teardown(() => server.stop())

const ROUNDS = 400
const PATIENCE = 5_000

/** Whether it was cut off. */
const attack = async (send: (socket: Socket, round: number) => void): Promise<boolean> => {
  const socket = connect(server.port, '127.0.0.1')
  const state = { ended: false }
  socket.on('error', () => undefined)
  socket.on('data', () => undefined)
  socket.once('close', () => (state.ended = true))
  await once(socket, 'connect')
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]))
  // What is sent may be ahead of what is read: a moment to be cut off is given at the end.
  for (let round = 0; !state.ended && round < ROUNDS; round++) {
    send(socket, round)
    await new Promise(setImmediate)
    if (socket.writableNeedDrain) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  }
  if (!state.ended) await Promise.race([once(socket, 'close'), sleep(PATIENCE)])
  socket.destroy()
  return state.ended
}

/** Others are served all the while: how long the slowest of them waited. */
const meanwhile = async (attacking: Promise<unknown>): Promise<number> => {
  const client = http2Client(`http://127.0.0.1:${server.port}`, 'x')
  let slowest = 0
  const state = { over: false }
  void attacking.finally(() => (state.over = true))
  do {
    const began = performance.now()
    const { text } = await client.ask('/')
    if (text !== 'fine') throw new Error(text)
    slowest = Math.max(slowest, performance.now() - began)
  } while (!state.over)
  client.session.close()
  return slowest
}

const many = (count: number, one: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => one(index)))

const floods: Record<string, (socket: Socket, round: number) => void> = {
  'rapid reset': (socket, round) => {
    socket.write(
      many(50, (index) => {
        const stream = (round * 50 + index) * 2 + 1
        return Buffer.concat([
          frame(HEADERS, END_STREAM | END_HEADERS, stream, GET_HEAD),
          frame(RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8])),
        ])
      }),
    )
  },
  'CONTINUATION without an end': (socket, round) => {
    if (round === 0) socket.write(frame(HEADERS, END_STREAM, 1, GET_HEAD))
    else socket.write(many(50, () => frame(CONTINUATION, 0, 1, Buffer.alloc(100, 0x82))))
  },
  'empty CONTINUATION': (socket, round) => {
    if (round === 0) socket.write(frame(HEADERS, END_STREAM, 1, GET_HEAD))
    else socket.write(many(50, () => frame(CONTINUATION, 0, 1)))
  },
  'SETTINGS whose answers nobody reads': (socket) => {
    socket.pause()
    socket.write(many(2_000, () => frame(SETTINGS, 0, 0)))
  },
  'PING whose answers nobody reads': (socket) => {
    socket.pause()
    socket.write(many(2_000, () => frame(PING, 0, 0, Buffer.alloc(8))))
  },
  'empty DATA': (socket, round) => {
    if (round === 0) socket.write(frame(HEADERS, END_HEADERS, 1, POST_HEAD))
    else socket.write(many(500, () => frame(DATA, 0, 1)))
  },
}

for (const [name, send] of Object.entries(floods)) {
  t.test(`${name}: the connection ends, others are served`, async (t) => {
    const attacking = attack(send)
    const slowest = await meanwhile(attacking)
    t.ok(await attacking, 'it is cut off')
    t.ok(slowest < 2_000, `others wait ${Math.round(slowest)} ms at most`)
  })
}

t.test('they are logged', async (t) => {
  t.match(await readLog(server, 'logs/HTTPERR/httperr1.log', /HTTP2_Protocol/), /HTTP2_Protocol/)
})

t.test('more streams than are allowed at once are refused, and may come again', async (t) => {
  const client = http2Client(`http://127.0.0.1:${server.port}`, 'x')
  await client.ask('/')
  t.equal(client.session.remoteSettings.maxConcurrentStreams, 100)
  const answers = await Promise.all(Array.from({ length: 300 }, () => client.ask('/')))
  t.ok(answers.every(({ text }) => text === 'fine'))
  client.session.close()
})

t.test('a stop tells its clients and finishes what is under way', async (t) => {
  const client = http2Client(`http://127.0.0.1:${server.port}`, 'x')
  const idle = http2Client(`http://127.0.0.1:${server.port}`, 'x')
  await idle.ask('/')
  const slow = client.ask('/slow')
  await client.ask('/')
  const told = Promise.all([client.session, idle.session].map(goaway))
  server.process.kill('SIGTERM')
  t.same(await told, [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_NO_ERROR])
  t.equal((await slow).text, 'slow')
  await server.printed(/^stopped$/m)
})

const goaway = async (session: ClientHttp2Session): Promise<number> => {
  const [code] = (await once(session, 'goaway')) as [number]
  return code
}
