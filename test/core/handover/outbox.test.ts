/** Messages of one tick leave as one batch; a full one leaves at once; large chunks are given away, small ones copied. */
import t from 'tap'
import type { Batch } from '../../../core/contract/messages.js'
import { FULL_BATCH as FULL, Outbox } from '../../../core/handover/outbox.js'

interface Posted {
  batch: Batch
  transfer: ArrayBuffer[] | undefined
}

const open = (): { outbox: Outbox; posted: Posted[] } => {
  const posted: Posted[] = []
  const outbox = new Outbox((batch, transfer) => posted.push({ batch, transfer }))
  return { outbox, posted }
}

const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

t.test('all messages of a tick leave as one batch, in their order', async (test) => {
  const { outbox, posted } = open()
  outbox.open().push(1, 'a')
  await Promise.resolve()
  outbox.open().push(2, 'b')
  process.nextTick(() => outbox.open().push(3))
  test.same(posted, [])
  await tick()
  test.same(posted, [{ batch: [1, 'a', 2, 'b', 3], transfer: undefined }])
  await tick()
  test.equal(posted.length, 1, 'nothing is posted twice')
})

t.test('the next tick has a batch of its own', async (test) => {
  const { outbox, posted } = open()
  outbox.open().push(1)
  await tick()
  outbox.open().push(2)
  await tick()
  test.same(
    posted.map(({ batch }) => batch),
    [[1], [2]],
  )
})

t.test('a full batch leaves at once, and what follows with the end of the tick', async (test) => {
  const { outbox, posted } = open()
  for (let request = 1; request <= 2 * FULL + 1; request++) {
    outbox.open().push(request)
    outbox.counted()
  }
  test.same(
    posted.map(({ batch }) => batch.length),
    [FULL, FULL],
  )
  await tick()
  test.same(posted[2]?.batch, [2 * FULL + 1])
  test.same(
    posted.flatMap(({ batch }) => batch),
    Array.from({ length: 2 * FULL + 1 }, (_value, at) => at + 1),
  )
})

t.test('messages that are not counted fill no batch', async (test) => {
  const { outbox, posted } = open()
  for (let message = 0; message < 100; message++) outbox.open().push(message)
  test.equal(posted.length, 0)
  await tick()
  test.equal(posted.length, 1)
})

t.test('the count begins anew with each batch', async (test) => {
  const { outbox, posted } = open()
  for (let round = 0; round < 3; round++) {
    for (let request = 0; request < FULL - 1; request++) {
      outbox.open().push(request)
      outbox.counted()
    }
    test.equal(posted.length, round)
    await tick()
  }
  test.equal(posted.length, 3)
})

t.test('whoever listens can add to a batch before it leaves, and hears when it has left', async (test) => {
  const { outbox, posted } = open()
  const heard: string[] = []
  outbox.onFlush = () => {
    heard.push(`before, posted ${posted.length}`)
    if (heard.length === 1) outbox.open().push('last')
  }
  outbox.onFlushed = () => heard.push(`after, posted ${posted.length}`)
  outbox.open().push('first')
  await tick()
  test.same(posted, [{ batch: ['first', 'last'], transfer: undefined }])
  test.same(heard, ['before, posted 0', 'after, posted 1'])
})

t.test('a flush that finds nothing posts nothing', async (test) => {
  const { outbox, posted } = open()
  outbox.schedule()
  await tick()
  outbox.flush()
  test.same(posted, [])
  outbox.open().push(1)
  await tick()
  test.equal(posted.length, 1, 'and the next message still leaves')
})

t.test('a large chunk with memory of its own is given away, uncopied', async (test) => {
  const { outbox, posted } = open()
  const chunk = new Uint8Array(8_192).fill(7)
  test.equal(outbox.pack(chunk, true), chunk)
  outbox.open().push(chunk)
  await tick()
  test.equal(posted[0]?.transfer?.length, 1)
  test.equal(posted[0]?.transfer?.[0], chunk.buffer)
  outbox.open().push(1)
  await tick()
  test.equal(posted[1]?.transfer, undefined, 'and not twice')
})

t.test('memory of somebody else is never given away', async (test) => {
  const { outbox, posted } = open()
  const whole = new Uint8Array(10_000).fill(1)
  const part = Buffer.from(new ArrayBuffer(40_000), 100, 20_000).fill(2)
  const ofThePool = Buffer.from('small')
  const packed = [outbox.pack(whole, false), outbox.pack(part, true), outbox.pack(ofThePool, true)]
  test.same(
    packed.map(({ byteLength }) => byteLength),
    [10_000, 20_000, 5],
  )
  whole.fill(9)
  part.fill(9)
  ofThePool.fill(9)
  test.same([packed[0]?.[0], packed[1]?.[0], packed[2]?.[0]], [1, 2, 's'.charCodeAt(0)])
  outbox.open().push(...packed)
  await tick()
  test.same(posted[0]?.transfer, [packed[0]?.buffer, packed[1]?.buffer], 'small ones are copied by the clone')
})
