/** The rest of a response finds its way to whoever sends it, and to whoever only looks on. */
import t from 'tap'
import type { Bytes } from '../../../core/contract/messages.js'
import type { ResponseSink } from '../../../core/contract/response.js'
import { ResponseParts } from '../../../core/handover/response-parts.js'

class Sink implements ResponseSink {
  readonly got: string[] = []

  write(bytes: Bytes): void {
    this.got.push(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1'))
  }

  end(): void {
    this.got.push('END')
  }

  fail(): void {
    this.got.push('FAIL')
  }
}

const open = () => {
  const told: string[] = []
  const parts = new ResponseParts(
    {
      acknowledge: (exchange, bytes) => told.push(`${exchange} ack ${bytes}`),
      abort: (exchange) => told.push(`${exchange} abort`),
      tapFailed: (error) => told.push(String(error)),
    },
    7,
  )
  return { parts, told, sink: new Sink() }
}

t.test('parts that come before anybody listens are held, in their order', async (test) => {
  const { parts, sink } = open()
  parts.push('one')
  parts.push(Buffer.from('two'))
  parts.pipe(sink)
  parts.push('three')
  parts.end()
  test.same(sink.got, ['one', 'two', 'three', 'END'])
})

t.test('a response that ended, or failed, before anybody listens says so', async (test) => {
  const ended = open()
  ended.parts.push('all')
  ended.parts.end()
  ended.parts.pipe(ended.sink)
  test.same(ended.sink.got, ['all', 'END'])
  const failed = open()
  failed.parts.push('half')
  failed.parts.fail()
  failed.parts.pipe(failed.sink)
  test.same(failed.sink.got, ['half', 'FAIL'])
})

t.test('nothing follows the end, a failure or a cancellation', async (test) => {
  for (const [end, last] of [
    ['end', 'END'],
    ['fail', 'FAIL'],
  ] as const) {
    const { parts, sink, told } = open()
    parts.pipe(sink)
    parts[end]()
    parts.push('late')
    parts.end()
    parts.fail()
    parts.cancel()
    parts.consumed(5)
    test.same(sink.got, [last])
    test.same(told, [])
  }
  const { parts, sink, told } = open()
  parts.push('held')
  parts.cancel()
  parts.push('late')
  parts.end()
  parts.fail()
  parts.cancel()
  parts.consumed(5)
  parts.pipe(sink)
  test.same(sink.got, [])
  test.same(told, ['7 abort'])
})

t.test('what has left is acknowledged to the source', async (test) => {
  const { parts, told } = open()
  parts.consumed(100)
  parts.consumed(23)
  test.same(told, ['7 ack 100', '7 ack 23'])
})

t.test('who taps sees every part, also those held, and does not take them away', async (test) => {
  const { parts, sink } = open()
  const [early, late] = [new Sink(), new Sink()]
  parts.tap(early)
  parts.push('one')
  parts.tap(late)
  parts.pipe(sink)
  parts.push('two')
  parts.end()
  for (const one of [early, late, sink]) test.same(one.got, ['one', 'two', 'END'])
})

t.test('who taps a response that is complete or broken already gets all of it', async (test) => {
  for (const [end, last] of [
    ['end', 'END'],
    ['fail', 'FAIL'],
  ] as const) {
    const { parts, sink } = open()
    const tap = new Sink()
    parts.push('one')
    parts[end]()
    parts.tap(tap)
    parts.pipe(sink)
    test.same(tap.got, ['one', last])
    test.same(sink.got, ['one', last])
  }
})

t.test(
  'who taps hears that a response broke off or was cancelled: half of it must not be kept',
  async (test) => {
    const broken = open()
    const tap = new Sink()
    broken.parts.tap(tap)
    broken.parts.push('half')
    broken.parts.fail()
    test.same(tap.got, ['half', 'FAIL'])
    const cancelled = open()
    const [before, after] = [new Sink(), new Sink()]
    cancelled.parts.tap(before)
    cancelled.parts.push('half')
    cancelled.parts.cancel()
    cancelled.parts.tap(after)
    test.same(before.got, ['half', 'FAIL'])
    test.same(after.got, ['FAIL'])
  },
)

t.test('a sink may cancel while it is given what was held', async (test) => {
  const { parts, told } = open()
  const got: string[] = []
  parts.push('one')
  parts.push('two')
  parts.end()
  parts.pipe({
    write: (bytes) => {
      got.push(String(bytes))
      parts.cancel()
    },
    end: () => got.push('END'),
    fail: () => got.push('FAIL'),
  })
  test.same(got, ['one', 'two', 'END'], 'it had ended already: there was nothing to cancel')
  test.same(told, [])
})

t.test('a tap that throws sees no more, is reported, and costs the response nothing', async (test) => {
  const { parts, sink, told } = open()
  let seen = 0
  parts.tap({
    write: () => {
      seen++
      throw new Error('no room')
    },
    end: () => seen++,
    fail: () => seen++,
  })
  parts.pipe(sink)
  parts.push('one')
  parts.push('two')
  parts.end()
  test.same(sink.got, ['one', 'two', 'END'])
  test.same([seen, told], [1, ['Error: no room']])
})
