/** A debugger that is attached to a worker process keeps it alive when it crashes. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { WebSocket } from 'ws'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const APPLICATION = `
import { url } from 'node:inspector'
globalThis.evidence = 'what the debugger looks for'
export default (request, response) => {
  if (request.url === '/inspector') return response.end(process.pid + ' ' + url())
  if (request.url === '/later') return setTimeout(() => response.end('later'), 100)
  if (request.url === '/crash') throw new Error('thrown under a debugger')
  response.end(String(process.pid))
}`

const start = () =>
  startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      applicationPools: [
        {
          name: 'DefaultAppPool',
          isolation: 'process',
          nodeOptions: ['--inspect=127.0.0.1:0'],
          processModel: { pingInterval: '1s', pingResponseTime: '2s', shutdownTimeLimit: '5s' },
        },
      ],
    }),
    { 'app.mjs': APPLICATION },
  )

const text = async (url: string): Promise<string> => (await fetch(url)).text()

/** As DevTools and editors do: the inspector's protocol over a WebSocket. */
const attach = async (url: string) => {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  let last = 0
  const call = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      const id = ++last
      socket.on('message', function heard(data: Buffer) {
        const message = JSON.parse(data.toString()) as { id?: number; result?: unknown }
        if (message.id !== id) return
        socket.off('message', heard)
        resolve(message.result)
      })
      socket.send(JSON.stringify({ id, method, params }))
    })
  return {
    call,
    close: () => {
      socket.close()
    },
  }
}

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

t.test(
  'the client of a crash hangs until the debugger lets go; later requests have another worker',
  async (t) => {
    const server = await start()
    t.teardown(() => server.stop())
    const [pid = '', url = ''] = (await text(`${server.url}/inspector`)).split(' ')
    const debug = await attach(url)
    await debug.call('Debugger.enable')
    const client = await rawClient(server.port)
    client.send(get('/crash'))
    await server.printed(/5009.*thrown under a debugger.*A debugger is attached and keeps it/)
    const other = await text(server.url)
    t.not(other, pid, 'another worker serves')
    // Longer than a ping may take.
    await delay(3500)
    t.ok(lives(Number(pid)))
    t.equal(client.received(), '')
    t.notOk(client.socket.closed, 'the client still waits')
    const evaluate = { expression: 'globalThis.evidence' }
    t.match(await debug.call('Runtime.evaluate', evaluate), {
      result: { value: 'what the debugger looks for' },
    })
    debug.close()
    t.same(await client.ended(), { how: 'reset', text: '' })
    await server.printed(/Worker 1 of pool "DefaultAppPool".*process \d+/)
    t.equal(await text(server.url), other)
    t.notMatch(server.output(), /5010/)
  },
)

t.test(
  'without a debugger the crash ends it at once, and a stop of the server ends one that is kept',
  async (t) => {
    const server = await start()
    t.teardown(() => server.stop())
    const [pid = '', url = ''] = (await text(`${server.url}/inspector`)).split(' ')
    const first = await rawClient(server.port)
    first.send(get('/crash'))
    t.same(await first.ended(), { how: 'reset', text: '' })
    t.notOk(lives(Number(pid)))
    const [kept = '', another = ''] = (await text(`${server.url}/inspector`)).split(' ')
    t.not(another, url)
    await attach(another)
    const client = await rawClient(server.port)
    client.send(get('/crash'))
    await server.printed(/A debugger is attached and keeps it/)
    client.socket.destroy()
    t.equal(await server.stop(), 0)
    t.notOk(lives(Number(kept)))
  },
)
