/** A request's body travels no faster than the application reads it. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import { WINDOW } from '../../../core/contract/messages.js'
import { RequestBody } from '../../../core/handover/request-body.js'
import { Pipeline } from '../../../core/pipeline/pipeline.js'
import { makeRequest } from '../pipeline/drive.js'

const empty = { validate: [], cache: [], route: [], queue: [], dispatch: [], log: [] }
const pipeline = new Pipeline(empty, { write: () => undefined }, new ManualClock())

const open = () => {
  const incoming = new IncomingMessage(new Socket())
  const ctx = makeRequest(pipeline, { incoming })
  const chunks: Buffer[] = []
  const ends: (readonly string[])[] = []
  const body = new RequestBody(ctx, incoming, 7, {
    body: (exchange, chunk) => {
      if (exchange === 7) chunks.push(chunk)
    },
    bodyEnd: (exchange, trailers) => {
      if (exchange === 7) ends.push(trailers)
    },
    bodyTooLong: () => undefined,
  })
  const bytes = (): number => chunks.reduce((sum, { length }) => sum + length, 0)
  return { incoming, ctx, body, bytes, ends }
}

/** Streams work in ticks of their own. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

t.test('all of a small body goes on, and then its end with the trailers', async (test) => {
  const { incoming, ctx, bytes, ends } = open()
  incoming.push(Buffer.alloc(10))
  incoming.push(Buffer.alloc(5))
  await settle()
  test.equal(bytes(), 15)
  test.same(ends, [])
  incoming.rawTrailers = ['X-Sum', '1']
  incoming.push(null)
  await settle()
  test.equal(bytes(), 15)
  test.same(ends, [['X-Sum', '1']])
  test.equal(ctx.bodyBytes, 15)
})

t.test('no more than a window is under way that the application has not read', async (test) => {
  const { incoming, body, bytes, ends } = open()
  const CHUNK = WINDOW / 8
  for (let chunk = 0; chunk < 20; chunk++) incoming.push(Buffer.alloc(CHUNK))
  incoming.push(null)
  await settle()
  test.equal(bytes(), WINDOW)
  test.equal(incoming.isPaused(), true)

  body.acknowledge(WINDOW / 2)
  await settle()
  test.equal(bytes(), WINDOW, 'half a window is still on its way')
  body.acknowledge(1)
  await settle()
  test.ok(bytes() >= WINDOW + CHUNK, 'less than half: the client may go on')
  test.ok(bytes() <= WINDOW + WINDOW / 2 + CHUNK, String(bytes()))

  for (let turn = 0; turn < 10; turn++) {
    body.acknowledge(WINDOW / 2)
    await settle()
  }
  test.equal(bytes(), 20 * CHUNK)
  test.same(ends, [[]])
})

t.test('a body that nobody reads any more is thrown away, up to its end', async (test) => {
  const { incoming, body, bytes, ends } = open()
  incoming.push(Buffer.alloc(2 * WINDOW))
  await settle()
  test.equal(incoming.isPaused(), true)
  const before = bytes()
  body.discard()
  let ended = false
  incoming.once('end', () => (ended = true))
  for (let chunk = 0; chunk < 5; chunk++) incoming.push(Buffer.alloc(WINDOW))
  incoming.push(null)
  await settle()
  test.equal(ended, true)
  test.equal(bytes(), before)
  test.same(ends, [])
})

t.test('an acknowledgement that comes after the end does no harm', async (test) => {
  const { incoming, body, ends } = open()
  incoming.push(Buffer.alloc(10))
  incoming.push(null)
  await settle()
  body.acknowledge(10)
  body.discard()
  body.acknowledge(10)
  await settle()
  test.same(ends, [[]])
})
