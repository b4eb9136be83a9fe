/** What each kind of client sees when the server stops: nothing that has begun is lost, and nobody is kept for ever. */
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const APPLICATION = `
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { worker } from 'webgarden/worker'
const server = createServer((request, response) => {
  if (request.url === '/poll') return setTimeout(() => response.end('polled'), 800)
  if (request.url === '/download') {
    let left = 8
    const more = () => {
      response.write('part;')
      if (--left > 0) setTimeout(more, 100)
      else response.end('last')
    }
    return more()
  }
  let size = 0
  request.on('data', (chunk) => (size += chunk.length))
  request.on('end', () => response.end('got ' + size))
})
const sockets = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (client) => {
    if (request.url === '/polite') worker.signal.addEventListener('abort', () => client.close(1001, 'bye'))
  })
})
server.listen(0)
`

const CONFIG = oneSite([{ path: '/', module: './app.mjs' }], {
  applicationPoolDefaults: { processModel: { shutdownTimeLimit: '3s' } },
})

t.test('a stop', async (t) => {
  const server = await startServer(CONFIG, { 'app.mjs': APPLICATION })
  t.teardown(() => server.stop())
  const { port } = server
  const open = async (path: string): Promise<{ closed: Promise<{ code: number; reason: string }> }> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    socket.on('error', () => undefined)
    const closed = once(socket, 'close') as Promise<[number, Buffer]>
    await once(socket, 'open')
    return { closed: closed.then(([code, reason]) => ({ code, reason: reason.toString() })) }
  }
  const idle = await rawClient(port)
  idle.send(get('/'))
  await idle.until(/got 0$/)
  const silent = await rawClient(port)
  const upload = await rawClient(port)
  upload.send('POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 6\r\n\r\nabc')
  const download = await rawClient(port)
  download.send(get('/download'))
  await download.until(/part;/)
  const poll = await rawClient(port)
  poll.send(get('/poll'))
  const polite = await open('/polite')
  const deaf = await open('/deaf')
  const opened = await rawClient(port)
  opened.send(
    get('/deaf-too', {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }),
  )
  await opened.until(/101/)

  const began = Date.now()
  const exited = once(server.process, 'exit')
  server.process.kill('SIGTERM')
  await server.printed(/finishing what is under way/)
  t.same((await idle.ended()).how, 'closed', 'an idle client is let go at once')
  t.match(await silent.ended(), { how: 'closed', text: '' }, 'and one that has asked for nothing')
  t.ok(Date.now() - began < 2_000, 'long before the limit')
  await t.rejects(rawClient(port), { code: 'ECONNREFUSED' }, 'nobody new is let in')

  upload.send('def')
  const answered = /^HTTP\/1\.1 200 OK\r\n(.|\s)*Connection: close\r\n(.|\s)*/i
  t.match(await upload.ended(), { how: 'closed', text: /got 6$/ }, 'an upload is taken to its end')
  t.match(upload.received(), answered)
  t.match(await poll.ended(), { how: 'closed', text: /polled$/ }, 'who waits gets the answer')
  t.match(poll.received(), answered)
  const { how, text } = await download.ended()
  t.equal(how, 'closed')
  t.equal(text.match(/part;/g)?.length, 8, 'a download is whole')
  t.match(text, /0\r\n\r\n$/)

  t.same(
    await polite.closed,
    { code: 1001, reason: 'bye' },
    'an application hears of it, and closes its WebSockets',
  )
  t.equal((await deaf.closed).code, 1006, 'of one that does nothing they are ended')
  await opened.ended()
  const [code] = (await exited) as [number]
  t.equal(code, 0)
  t.ok(Date.now() - began < 20_000, 'within the limits')
})

t.test('a request that never ends is cut when its time is over', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      applicationPoolDefaults: { processModel: { shutdownTimeLimit: '1s' } },
    }),
    {
      'app.mjs':
        'export default (request, response) => { if (request.url !== "/never") response.end("well") }',
    },
  )
  t.teardown(() => server.stop())
  const never = await rawClient(server.port)
  never.send(get('/never'))
  const sender = await rawClient(server.port)
  sender.send(get('/') + get('/'))
  await sender.until(/well(.|\s)*well$/)
  const exited = once(server.process, 'exit')
  server.process.kill('SIGTERM')
  t.match(await never.ended(), { text: '' })
  t.same(await exited, [0, null])
})
