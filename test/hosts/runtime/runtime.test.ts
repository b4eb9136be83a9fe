/** The runtime, message by message: what no client can bring about on purpose. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { defineAdapter } from '../../../core/index.js'
import {
  RequestFlags,
  ResponseFlags,
  ToListener,
  ToWorker,
  type Batch,
} from '../../../core/contract/messages.js'
import { Runtime } from '../../../hosts/runtime/runtime.js'
import { settings } from '../adapters/load.js'
import { once } from '../testing/serve.js'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

interface Started {
  readonly runtime: Runtime
  /** Everything the worker has said. */
  readonly said: unknown[]
  /** Resolves when the worker has said something that `isIt`. */
  heard(isIt: (said: readonly unknown[]) => boolean): Promise<void>
}

const start = async (listener: Listener): Promise<Started> => {
  const said: unknown[] = []
  let waiting: (() => void) | null = null
  const runtime = new Runtime({
    post: (batch: Batch) => {
      said.push(...batch)
      waiting?.()
    },
    adapters: [defineAdapter({ name: 'own', needsModule: false, adapt: () => ({ handle: listener }) })],
    onDrained: () => undefined,
  })
  const heard = (isIt: (said: readonly unknown[]) => boolean): Promise<void> =>
    new Promise((resolve) => {
      waiting = () => {
        if (isIt(said)) resolve()
      }
      waiting()
    })
  const application = settings({ type: 'own' })
  runtime.receive([
    ToWorker.START,
    {
      workerId: 1,
      pool: 'Pool',
      startupTimeLimit: 1_000,
      startsBy: Infinity,
      pinged: true,
      applications: [application],
      adapters: [],
    },
  ])
  for (const id of [1, 2, 3]) runtime.receive([ToWorker.CONNECT, id, '1.2.3.4', 1000 + id, '5.6.7.8', 80, 0])
  await heard((all) => all[0] === ToListener.READY)
  said.length = 0
  return { runtime, said, heard }
}

const requestOf = (
  exchange: number,
  connection: number,
  url: string,
  flags: number = RequestFlags.KEEP_ALIVE,
): Batch => [ToWorker.REQUEST, exchange, connection, 1, flags, 'GET', url, 'Host\na']

const takeUncaught = (test: Test): Promise<Error> => {
  const { promise, keep } = once<Error>()
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', keep)
  test.teardown(() => {
    for (const other of others) process.on('uncaughtException', other)
  })
  return promise
}

void t.test('an exception of one request takes nothing from the others of its batch', async (test) => {
  const uncaught = takeUncaught(test)
  const { runtime, heard, said } = await start((request, response) => {
    if (request.url === '/bad') throw new Error('out of order')
    response.end('fine')
  })
  runtime.receive([...requestOf(1, 1, '/good'), ...requestOf(2, 2, '/bad'), ...requestOf(3, 3, '/good')])
  await heard((all) => all.filter((one) => typeof one === 'string' && one.endsWith('fine')).length === 2)
  test.equal((await uncaught).message, 'out of order')
  test.same([said[1], said[6]], [1, 3])
})

void t.test('a message of a kind that nobody knows is an uncaught error', async (test) => {
  const uncaught = takeUncaught(test)
  const { runtime } = await start(() => undefined)
  runtime.receive([99, 1])
  test.match((await uncaught).message, /Unknown message kind 99/)
})

void t.test('a whole answer is one message with its end in it', async (test) => {
  const { runtime, heard, said } = await start((_request, response) => {
    response.writeHead(201, { 'X-A': '1' })
    response.end('body')
  })
  runtime.receive(requestOf(7, 1, '/'))
  await heard((all) => all.length > 0)
  test.same(said.slice(0, 4), [ToListener.RESPONSE, 7, ResponseFlags.END, 201])
  test.match(said[4], /^HTTP\/1\.1 201 Created\r\nX-A: 1\r\n[\s\S]*\r\n\r\n[\s\S]*body/)
  test.equal(said.length, 5)
})

void t.test('an answer that breaks its promised length closes the connection', async (test) => {
  const { runtime, heard, said } = await start((_request, response) => {
    response.setHeader('Content-Length', '10')
    response.end('short')
  })
  runtime.receive(requestOf(1, 1, '/'))
  await heard((all) => all.length > 0)
  test.same(said[0], ToListener.EVENT)
  test.match(said[1], { level: 'warning', facts: { declared: 10, given: 5, url: '/' } })
  test.equal(said[4], ResponseFlags.END | ResponseFlags.CLOSE)
})

void t.test('an application that no worker knows is refused', async (test) => {
  const { runtime, heard, said } = await start(() => undefined)
  const batch = requestOf(1, 1, '/')
  batch[3] = 42
  runtime.receive(batch)
  await heard((all) => all.length > 0)
  test.same(said, [ToListener.REFUSE, 1, 'INTERNAL'])
})

void t.test('messages to an exchange that has ended are ignored', async (test) => {
  const { runtime, heard, said } = await start((_request, response) => response.end())
  runtime.receive(requestOf(1, 1, '/'))
  await heard((all) => all.length > 0)
  const before = said.length
  runtime.receive([
    ToWorker.BODY,
    1,
    new Uint8Array(3),
    ToWorker.BODY_END,
    1,
    '',
    ToWorker.ABORT,
    1,
    ToWorker.RESPONSE_ACK,
    1,
    9,
  ])
  runtime.receive(requestOf(2, 1, '/'))
  await heard((all) => all.length > before)
  test.same(said.slice(before, before + 2), [ToListener.RESPONSE, 2])
})

void t.test('headers that are the same are known, even behind a new socket', async (test) => {
  const { runtime, heard, said } = await start((request, response) => {
    response.end(JSON.stringify([request.headers, request.rawHeaders]))
    response.on('finish', () => {
      if (request.url === '/bye') request.socket.destroy()
    })
  })
  const same = RequestFlags.KEEP_ALIVE | RequestFlags.SAME_HEADERS
  let exchange = 0
  for (const [url, flags] of [
    ['/', RequestFlags.KEEP_ALIVE],
    ['/', same],
    ['/bye', same],
    ['/', same],
  ] as const) {
    const batch = requestOf(++exchange, 1, url, flags)
    if (flags === same) batch[7] = ''
    said.length = 0
    runtime.receive(batch)
    await heard((all) => all.length > 0)
    test.match(said[4], /\[\{"host":"a"\},\["Host","a"\]\]/)
    await new Promise((resolve) => setImmediate(resolve))
  }
})

void t.test('a worker that drains finishes its requests first', async (test) => {
  const pending = once<ServerResponse>()
  const { runtime, heard, said } = await start((_request, response) => {
    pending.keep(response)
  })
  runtime.receive(requestOf(1, 1, '/'))
  runtime.receive([ToWorker.DRAIN, Date.now() + 1_000, 'it is old'])
  const response = await pending.promise
  await new Promise((resolve) => setImmediate(resolve))
  test.notOk(said.includes(ToListener.DRAINED))
  response.end('done')
  await heard((all) => all.at(-1) === ToListener.DRAINED)
  test.match(said[4], /done$/)
})
