/** What the front door answers is what the whole way round would have answered, and nothing else is taken for a hit. */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { Stage } from '../../../core/contract/stage.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { get } from '../../harness/raw-client.js'
import { echo, listen } from './listening.js'

const goOn: Stage = { run: () => 'CONTINUE' }

/** A listener with a cache that knows some targets, and all requests that were logged. */
const cached = async (test: Test, { frontDoor = true, repeatable = true } = {}) => {
  const known = new Map<string, string>([
    ['/hit', 'cached hit'],
    ['/other', 'cached other'],
  ])
  const logged: RequestContext[] = []
  const cache: Stage = {
    repeatable,
    run(ctx) {
      const body = known.get(ctx.target)
      if (ctx.method !== 'GET' || body === undefined) return 'CONTINUE'
      ctx.response.status = 200
      ctx.response.raw = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      ctx.response.fromCache = true
      return 'FINISH'
    },
  }
  const log: Stage = {
    run(ctx) {
      logged.push(ctx)
      return 'CONTINUE'
    },
  }
  const listening = await listen(test, { cache, route: goOn, dispatch: echo, log }, { frontDoor })
  // Another connection teaches the door the head of `/hit`.
  const teacher = await listening.connect()
  for (let round = 1; round <= 3; round++) {
    teacher.send(get('/hit'))
    while ((teacher.received().match(/cached hit/g)?.length ?? 0) < round) await once(teacher.socket, 'data')
  }
  const taught = new Set(logged.splice(0).map(({ rawHeaders }) => rawHeaders))
  const client = await listening.connect()
  /** Sends, and waits until as many responses as requests are there. */
  let answers = 0
  const ask = async (bytes: string, requests = 1): Promise<string> => {
    const before = client.received().length
    answers += requests
    client.send(bytes)
    const come = (): number => client.received().match(/cached \w+|>/g)?.length ?? 0
    while (come() < answers) await once(client.socket, 'data')
    return client.received().slice(before)
  }
  /** Whether the request that was logged last came in by the front door: it has the very headers of the teacher's. */
  const byTheDoor = (): boolean =>
    logged.some((ctx, at) => at === logged.length - 1 && taught.has(ctx.rawHeaders))
  return { known, logged, client, ask, byTheDoor }
}

/** A connection on which `/hit` comes in by the front door. */
const warm = async (test: Test) => {
  const door = await cached(test)
  for (let round = 0; round < 10 && !door.byTheDoor(); round++) await door.ask(get('/hit'))
  if (!door.byTheDoor()) throw new Error('Nothing ever comes in by the front door')
  return door
}

t.test('a request that was a hit before is answered without the parser, and logged once', async (test) => {
  const { ask, logged, byTheDoor } = await warm(test)
  const before = logged.length
  test.equal(await ask(get('/hit')), 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncached hit')
  test.equal(byTheDoor(), true)
  test.equal(logged.length, before + 1)
  test.match(logged.at(-1), {
    method: 'GET',
    target: '/hit',
    httpVersion: '1.1',
    keepAlive: true,
    bytesSent: 49,
  })
})

t.test('hits and misses mix on one connection', async (test) => {
  const { ask, byTheDoor } = await warm(test)
  test.match(await ask(get('/miss')), /<GET \/miss>/)
  test.match(await ask(get('/hit')), /cached hit/)
  test.equal(byTheDoor(), true)
  test.match(await ask(get('/other')), /cached other/)
  test.match(await ask(get('/hit', { 'X-A': '1' })), /cached hit/)
  test.match(
    await ask('POST /p HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello'),
    /<POST \/p "hello">/,
  )
  test.match(await ask(get('/hit')), /cached hit/)
})

t.test('a known head that is no hit any more goes the whole way', async (test) => {
  const { ask, known, byTheDoor } = await warm(test)
  known.delete('/hit')
  test.match(await ask(get('/hit')), /<GET \/hit>/)
  known.set('/hit', 'cached anew')
  test.match(await ask(get('/hit')), /cached anew/)
  test.match(await ask(get('/hit')), /cached anew/)
  test.equal(byTheDoor(), true)
})

t.test('a body that looks like a known head is a body', async (test) => {
  const { ask, client, logged } = await warm(test)
  const head = get('/hit')
  const before = logged.length
  client.send(`POST /p HTTP/1.1\r\nHost: test\r\nContent-Length: ${head.length}\r\n\r\n`)
  test.match(await ask(head), `<POST /p ${JSON.stringify(head)}>`)
  test.equal(logged.length, before + 1)
  test.match(await ask(head), /cached hit/)
})

t.test('a known head behind half of another one belongs to that', async (test) => {
  const { ask, client, logged } = await warm(test)
  const before = logged.length
  client.send('GET /miss HTTP/1.1\r\nX-A: 1\r\n')
  client.send('Host: test\r\nX-B: ')
  test.match(await ask(get('/hit')), /<GET \/miss>|HTTP\/1.1 200/)
  test.equal(logged.length, before + 1)
  test.equal(logged.at(-1)?.target, '/miss')
})

t.test('a head that comes in pieces, and several at once, are answered in their order', async (test) => {
  const { ask } = await warm(test)
  const twice = await ask(get('/hit') + get('/miss') + get('/hit'), 3)
  test.same(twice.match(/cached hit|<GET \/miss>/g), ['cached hit', '<GET /miss>', 'cached hit'])
  const [one, two] = [get('/hit').slice(0, 20), get('/hit').slice(20)]
  test.match(await ask(one + two), /cached hit/)
  test.match(await ask(get('/hit')), /cached hit/)
})

t.test('a client that wants its connection closed has it closed, by the front door too', async (test) => {
  const door = await warm(test)
  const close = get('/hit', { Connection: 'close' })
  door.client.send(close)
  test.match(await door.client.ended(), { how: 'closed', text: /cached hit$/ })
})

t.test('without the front door the answers are the same', async (test) => {
  for (const off of [{ frontDoor: false }, { repeatable: false }]) {
    const { ask, byTheDoor } = await cached(test, off)
    for (let round = 0; round < 5; round++) test.match(await ask(get('/hit')), /cached hit/)
    test.match(await ask(get('/miss')), /<GET \/miss>/)
    test.equal(byTheDoor(), false)
  }
})
