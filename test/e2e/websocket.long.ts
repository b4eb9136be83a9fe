/** Connections that applications take over: WebSockets and other protocols, with unchanged libraries, and event streams. */
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { get as httpGet } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import t from 'tap'
import { WebSocket } from 'ws'
import { becomes } from '../harness/descriptors.js'
import { giveOrder, OBEYING } from '../harness/give-order.js'
import { isolations } from '../harness/faults.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const WS = `
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
const server = createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('data: first\\n\\n')
    response.on('close', () => console.log('events closed'))
    return
  }
  if (request.url === '/kept') response.setHeader('Cache-Control', 'max-age=60')
  response.end('plain')
})
const sockets = new WebSocketServer({ noServer: true })
sockets.on('connection', (socket) => {
  socket.on('message', (data, binary) => {
    if (String(data) === 'crash') process.exit(1)
    socket.send(data, { binary })
  })
  socket.on('close', (code) => console.log('closed ' + code))
})
server.on('upgrade', (request, socket, head) => {
  if (request.url === '/refused') {
    socket.write('HTTP/1.1 401 Unauthorized\\r\\nContent-Length: 2\\r\\n\\r\\nno')
    socket.destroy()
    return
  }
  if (request.url === '/raw') {
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: raw\\r\\n\\r\\n')
    socket.on('data', (data) => socket.write(data))
    socket.on('end', () => { console.log('raw end'); socket.end('bye') })
    socket.on('close', () => console.log('raw closed'))
    return
  }
  if (request.url === '/flood') {
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: raw\\r\\n\\r\\n')
    let sent = 0
    const more = () => {
      while (sent < 32 * 1048576) {
        sent += 65536
        if (!socket.write(Buffer.alloc(65536))) { console.log('full at ' + sent); socket.once('drain', more); return }
      }
      socket.end()
    }
    more()
    return
  }
  sockets.handleUpgrade(request, socket, head, (one) => sockets.emit('connection', one, request))
})
server.listen(process.env.PORT)`

const PLAIN = `export default (request, response) => response.end('plain ' + (request.headers.upgrade ?? 'none'))`

const IO = `
import { createServer } from 'node:http'
import { Server } from 'socket.io'
const server = createServer()
new Server(server).on('connection', (socket) => socket.on('ask', (what, answer) => answer(what + '!')))
server.listen(process.env.PORT)`

const FASTIFY = `
import Fastify from 'fastify'
import websocket from '@fastify/websocket'
const app = Fastify()
await app.register(websocket)
app.get('/socket', { websocket: true }, (socket) => { socket.on('message', (data) => socket.send('fastify ' + data)) })
export default app`

const MODULE = `
import { defineModule } from 'webgarden'
export default defineModule({
  name: 'guard',
  setup: () => ({
    authorize(ctx) {
      if (ctx.request.url !== '/denied') return 'CONTINUE'
      ctx.sendError(403)
      return 'FINISH'
    },
  }),
})`

const request = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: raw\r\n${more}\r\n`

const raw = async (
  port: number,
  text: string,
): Promise<{ socket: Socket; until: (what: RegExp) => Promise<string> }> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  let seen = ''
  socket.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  socket.write(text)
  return {
    socket,
    until: async (what) => {
      await becomes(() => what.test(seen) || socket.destroyed)
      return seen
    },
  }
}

const open = async (url: string): Promise<WebSocket> => {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  return socket
}

const echo = async (socket: WebSocket, data: string | Buffer): Promise<Buffer> => {
  socket.send(data)
  const [answer] = (await once(socket, 'message')) as [Buffer]
  return answer
}

const logOf = async ({ folder }: TestServer): Promise<string> => {
  const names = await readdir(folder, { recursive: true })
  const logs = names.filter((name) => /u_ex.*\.log$/.test(name))
  return (await Promise.all(logs.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

for (const isolation of isolations) {
  t.test(`upgrades with a ${isolation} pool`, async (t) => {
    const server = await startServer(
      oneSite(
        [
          { path: '/', applicationPool: 'P', module: './ws.mjs' },
          { path: '/plain', applicationPool: 'P', module: './plain.mjs' },
          { path: '/fastify', applicationPool: 'P', module: './fastify.mjs' },
          { path: '/io', applicationPool: 'P', module: './io.mjs' },
        ],
        { applicationPools: [{ name: 'P', isolation }] },
      ),
      { 'ws.mjs': WS, 'plain.mjs': PLAIN, 'fastify.mjs': FASTIFY, 'io.mjs': IO },
    )
    t.teardown(() => server.stop())
    const ws = server.url.replace('http', 'ws')

    await t.test('a WebSocket gives back text and a megabyte', async (t) => {
      const socket = await open(`${ws}/`)
      t.equal(String(await echo(socket, 'hello')), 'hello')
      const big = Buffer.alloc(1_048_576, 7)
      t.ok((await echo(socket, big)).equals(big))
      socket.close(1000)
      await once(socket, 'close')
      await server.printed(/closed 1000/)
    })

    await t.test('the libraries people use work unchanged', async (t) => {
      const fastify = await open(`${ws}/fastify/socket`)
      t.equal(String(await echo(fastify, 'x')), 'fastify x')
      fastify.terminate()
      const client = io(server.url, { path: '/io/socket.io', transports: ['websocket'] })
      t.equal(await client.emitWithAck('ask', 'what'), 'what!')
      client.close()
    })

    await t.test('a refusal reaches the client as it is', async (t) => {
      const { socket, until } = await raw(server.port, request('/refused'))
      const ended = once(socket, 'end')
      t.match(await until(/no$/), /^HTTP\/1.1 401 Unauthorized\r\n[^]*no$/)
      await ended
      socket.destroy()
    })

    await t.test('an application that takes none answers as ever, and the connection ends', async (t) => {
      const { socket, until } = await raw(server.port, request('/plain'))
      const ended = once(socket, 'end')
      t.match(await until(/raw$/), /^HTTP\/1.1 200 OK\r\n[^]*plain raw$/)
      await ended
      socket.destroy()
    })

    await t.test(
      'another version of HTTP is not wished for in vain: the request is an ordinary one',
      async (t) => {
        const text = request('/plain').replace('Upgrade: raw', 'Upgrade: h2c')
        const { socket, until } = await raw(server.port, text + text)
        t.match(await until(/none[^]*none/), /none[^]*200 OK[^]*none/)
        socket.destroy()
      },
    )

    await t.test(
      'a connection may have had other requests, cached ones and one that is still on its way',
      async (t) => {
        const kept = 'GET /kept HTTP/1.1\r\nHost: x\r\n\r\n'
        const { socket, until } = await raw(server.port, kept)
        for (let n = 1; n < 5; n++) {
          await until(new RegExp(`^([^]*plain){${n}}$`))
          socket.write(kept)
        }
        await until(/^([^]*plain){5}$/)
        socket.write(request('/plain').replace('raw', 'h2c'))
        await until(/none$/)
        socket.write(kept.replace('kept', 'other') + request('/raw') + 'echo')
        t.match(await until(/echo$/), /plainHTTP\/1.1 101 [^]*\r\n\r\necho$/)
        socket.destroy()
      },
    )

    await t.test('each half ends for itself', async (t) => {
      const { socket, until } = await raw(server.port, request('/raw') + 'early')
      await until(/early$/)
      socket.end('late')
      const ended = once(socket, 'end')
      t.match(await until(/bye$/), /latebye$/)
      await ended
      await server.printed(/raw closed/)
    })

    await t.test('a client that does not read holds the application up', async (t) => {
      const { socket } = await raw(server.port, request('/flood'))
      socket.pause()
      await server.printed(/full at/)
      let seen = 0
      socket.on('data', (chunk: Buffer) => (seen += chunk.length))
      socket.resume()
      await once(socket, 'end')
      t.ok(seen > 31 * 1_048_576)
      socket.destroy()
    })

    await t.test('the log has a line for each tunnel, when it has ended', async (t) => {
      let log = ''
      for (let i = 0; i < 300 && !/GET \/raw .* 101 0 0 /.test(log); i++) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        log = await logOf(server)
      }
      t.match(log, /GET \/raw .* 101 0 0 /)
      t.match(log, /GET \/refused .* 401 0 0 /)
    })

    await t.test('events are there at once, and their end is heard', async (t) => {
      const asked = httpGet(`${server.url}/events`)
      asked.on('error', () => undefined)
      const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream]
      t.equal(String((await once(response, 'data'))[0]), 'data: first\n\n')
      asked.destroy()
      await server.printed(/events closed/)
    })

    await t.test('a crash of the worker closes the connection', async () => {
      const socket = await open(`${ws}/`)
      socket.on('error', () => undefined)
      socket.send('crash')
      await once(socket, 'close')
    })
  })
}

t.test('modules decide on upgrades too', async (t) => {
  const server = await startServer(
    oneSite(
      [
        {
          path: '/',
          applicationPool: 'P',
          module: './ws.mjs',
          modules: [{ name: 'guard', module: './guard.mjs' }],
        },
      ],
      {
        applicationPools: [{ name: 'P' }],
      },
    ),
    { 'ws.mjs': WS, 'guard.mjs': MODULE },
  )
  t.teardown(() => server.stop())
  const denied = await raw(server.port, request('/denied'))
  t.match(await denied.until(/403/), /^HTTP\/1.1 403/)
  denied.socket.destroy()
  const socket = await open(server.url.replace('http', 'ws'))
  t.equal(String(await echo(socket, 'through')), 'through')
  socket.terminate()
})

t.test('a recycle leaves tunnels to the old worker until its time is over', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', applicationPool: 'P', module: './ws.mjs' }], {
      applicationPools: [{ name: 'P', processModel: { shutdownTimeLimit: '00:00:04' } }],
    }),
    { 'ws.mjs': WS },
    OBEYING,
  )
  t.teardown(() => server.stop())
  const ws = server.url.replace('http', 'ws')
  const [stays, ends] = [await open(ws), await open(ws)]
  const closed = once(stays, 'close')
  await giveOrder(server.process, { order: 'recycle', pool: 'P' })
  await server.printed(/is ready/, 2)
  t.equal(String(await echo(stays, 'old')), 'old')
  const fresh = await open(ws)
  ends.close()
  await closed
  t.equal(String(await echo(fresh, 'new')), 'new', 'the tunnel of the new worker is left alone')
  fresh.terminate()
})

t.test('when the server stops, tunnels stay until their worker has to go', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', applicationPool: 'P', module: './ws.mjs' }], {
      applicationPools: [{ name: 'P', processModel: { shutdownTimeLimit: '00:00:02' } }],
    }),
    { 'ws.mjs': WS },
  )
  const socket = await open(server.url.replace('http', 'ws'))
  const closed = once(socket, 'close')
  const stopped = server.stop()
  t.equal(String(await echo(socket, 'still here')), 'still here')
  await closed
  t.equal(await stopped, 0)
})
