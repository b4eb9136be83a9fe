/** A program registers URLs with queues of its own, through `webgarden/listener` and real sockets. */
import { readdirSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createListener, type EmbeddedListener, type ListenerSettings } from 'webgarden/listener'
import { get, rawClient, type RawClient } from '../../harness/raw-client.js'

const open = async (
  t: Test,
  settings: ListenerSettings = {},
): Promise<EmbeddedListener & { folder: string }> => {
  const folder = t.testdir()
  const listener = await createListener({ address: '127.0.0.1', directory: folder, ...settings })
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= listener.close())
  t.teardown(close)
  return { createQueue: listener.createQueue.bind(listener), close, folder }
}

const says =
  (text: string): RequestListener =>
  (request, response) => {
    response.end(`${text} ${request.url ?? ''}`)
  }

const ask = async (port: number, path: string, host = 'test'): Promise<string> => {
  const client = await rawClient(port)
  client.send(get(path, { Host: host, Connection: 'close' }))
  const { text } = await client.ended()
  return `${text.slice(9, 12)} ${text.slice(text.indexOf('\r\n\r\n') + 4)}`
}

t.test('strong before explicit before weak, and the longest prefix within each', async (t) => {
  const listener = await open(t)
  const queues = ['strong', 'long', 'explicit', 'weak'].map((name) => {
    const queue = listener.createQueue(name)
    queue.receive(says(name))
    return queue
  })
  const [strong, long, explicit, weak] = queues
  const port = (await weak?.addUrl('http://*:0/')) ?? 0
  await explicit?.addUrl(`http://www.example.com:${port}/`)
  await strong?.addUrl(`http://+:${port}/api/`)
  await long?.addUrl(`http://+:${port}/api/v2/`)
  t.equal(await ask(port, '/api/v1'), '200 strong /api/v1')
  t.equal(await ask(port, '/api/v2/x', 'www.example.com'), '200 long /api/v2/x')
  t.equal(await ask(port, '/other', 'www.example.com'), '200 explicit /other')
  t.equal(await ask(port, '/other'), '200 weak /other')
  t.equal(await ask(port, '/apis'), '200 weak /apis')
  await t.rejects(
    (explicit ?? listener.createQueue('none')).addUrl(`http://+:${port}/API`),
    /belongs to site "Listener" already/,
  )
  weak?.removeUrl('http://*:0/')
  t.match(await ask(port, '/other'), /^404 /)
  await listener.close()
  const logs = join(listener.folder, 'logs', 'W3SVC1')
  const lines = readdirSync(logs).flatMap((name) => readFileSync(join(logs, name), 'latin1').split('\r\n'))
  t.equal(lines.filter((line) => / GET \/(api|other|apis)/.test(line)).length, 6, 'logged as any request')
})

t.test('a queue nobody receives from fills to its length; others on its port serve', async (t) => {
  const listener = await open(t)
  const slow = listener.createQueue('slow', { length: 2 })
  const port = await slow.addUrl('http://+:0/slow/')
  const other = listener.createQueue('other')
  await other.addUrl(`http://+:${port}/other/`)
  other.receive(says('other'))
  const waiting: RawClient[] = []
  for (const path of ['/slow/1', '/slow/2']) {
    const client = await rawClient(port)
    client.send(get(path, { Connection: 'close' }))
    waiting.push(client)
    while (slow.waiting < waiting.length) await new Promise((resolve) => setImmediate(resolve))
  }
  t.match(await ask(port, '/slow/3'), /^503 /)
  t.equal(await ask(port, '/other/'), '200 other /other/')
  slow.receive(says('at last'))
  t.match((await waiting[0]?.ended())?.text, /at last \/slow\/1$/)
  t.match((await waiting[1]?.ended())?.text, /at last \/slow\/2$/)
  await listener.close()
  const log = readFileSync(join(listener.folder, 'logs', 'HTTPERR', 'httperr1.log'), 'latin1')
  t.match(log, / GET \/slow\/3 503 .*QueueFull/)
})

t.test('removing a URL, or closing a queue, answers who waits and leaves the others', async (t) => {
  const listener = await open(t)
  const one = listener.createQueue('one')
  const two = listener.createQueue('two')
  const port = await one.addUrl('http://+:0/a/')
  await one.addUrl(`http://+:${port}/b/`)
  await two.addUrl(`http://+:${port}/two/`)
  two.receive(says('two'))
  const a = await rawClient(port)
  const b = await rawClient(port)
  a.send(get('/a/'))
  b.send(get('/b/'))
  while (one.waiting < 2) await new Promise((resolve) => setImmediate(resolve))
  one.removeUrl('http://+:0/a/')
  await a.until(/^HTTP\/1\.1 503 /)
  t.equal(one.waiting, 1)
  t.match(await ask(port, '/a/'), /^404 /)
  await one.close()
  await b.until(/^HTTP\/1\.1 503 /)
  t.equal(await ask(port, '/two/x'), '200 two /two/x')
  const held: (() => void)[] = []
  const three = listener.createQueue('three')
  await three.addUrl(`http://+:${port}/three/`)
  three.receive((_request, response) => held.push(() => response.end('done')))
  const under = await rawClient(port)
  under.send(get('/three/'))
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const closed = three.close()
  held[0]?.()
  await under.until(/done$/)
  await closed
  a.socket.destroy()
  b.socket.destroy()
  under.socket.destroy()
})

t.test('answers are cached, and forgotten with their URL; wrong settings are told', async (t) => {
  const listener = await open(t)
  let count = 0
  const queue = listener.createQueue('cached')
  const port = await queue.addUrl('http://+:0/')
  queue.receive((_request, response) => {
    response.setHeader('Cache-Control', 'max-age=60')
    response.end(String(++count))
  })
  t.equal(await ask(port, '/'), '200 1')
  t.equal(await ask(port, '/'), '200 1')
  const next = listener.createQueue('next')
  await next.addUrl(`http://*:${port}/`)
  next.receive(says('next'))
  queue.removeUrl('http://+:0/')
  t.equal(await ask(port, '/'), '200 next /')
  await t.rejects(createListener({ webLimits: { maxRequestBites: 1 } }), /maxRequestBites/)
})
