/** What a proxy passes on beside a request and its answer: upgrades, `Expect: 100-continue`, and what health checks find out. */
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { oneSite, startServer } from '../harness/server.js'

const behind = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a proxy', async (t) => {
  let well = false
  let asked = 0
  const servers = ['a', 'b'].map((name) =>
    createServer((incoming, response) => {
      if (incoming.url === '/health') {
        asked++
        response.writeHead(name === 'a' || well ? 200 : 503).end()
      } else if (incoming.method === 'POST') {
        let size = 0
        incoming.on('data', (chunk: Buffer) => (size += chunk.length))
        incoming.on('end', () => response.end(`${name} got ${size}`))
      } else response.end(name)
    }),
  )
  for (const one of servers) {
    const sockets = new WebSocketServer({ server: one })
    sockets.on('connection', (socket) => {
      socket.on('message', (data, binary) => {
        socket.send(data, { binary })
      })
    })
    t.teardown(() => {
      one.closeAllConnections()
      one.close()
    })
  }
  const urls = await Promise.all(servers.map(behind))
  const healthCheck = { path: '/health', interval: 50, timeout: 5000, failures: 1, successes: 1 }
  const server = await startServer(
    oneSite([{ path: '/', type: 'proxy', options: { servers: urls, healthCheck } }]),
  )
  t.teardown(() => server.stop())
  const names = async (): Promise<Set<string>> => {
    const all = new Set<string>()
    for (let i = 0; i < 8; i++) all.add(await (await fetch(server.url)).text())
    return all
  }

  await t.test('asks servers for their health, and uses those that are well', async (t) => {
    await names()
    while (asked < 6) await new Promise((resolve) => setTimeout(resolve, 20))
    t.same([...(await names())], ['a'])
    well = true
    while ((await names()).size < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    t.pass('the other one is used when it is well again')
  })

  await t.test('passes a WebSocket on', async (t) => {
    const socket = new WebSocket(server.url.replace('http', 'ws'))
    await once(socket, 'open')
    const big = Buffer.alloc(300_000, 3)
    socket.send(big)
    const [answer] = (await once(socket, 'message')) as [Buffer]
    t.ok(answer.equals(big))
    socket.close()
    await once(socket, 'close')
  })

  await t.test('lets a client that waits for 100 Continue go on', async (t) => {
    const headers = { Expect: '100-continue', 'Content-Length': 100_000 }
    const sent = request(server.url, { method: 'POST', headers, agent: false })
    sent.flushHeaders()
    await once(sent, 'continue')
    sent.end(Buffer.alloc(100_000))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    t.match(text, /^[ab] got 100000$/)
  })
})
