/** Frames on a stream that cuts them wherever it likes. */
import t from 'tap'
import type { Batch } from '../../../core/contract/messages.js'
import { encodeFrame, FrameReader, LAST_FRAME } from '../../../hosts/process/framing.js'

const read = (pieces: readonly Buffer[]): { batches: Batch[]; last: number } => {
  const batches: Batch[] = []
  let last = 0
  const reader = new FrameReader(
    (batch) => batches.push(batch),
    () => last++,
  )
  for (const piece of pieces) reader.push(piece)
  return { batches, last }
}

const BATCHES: readonly Batch[] = [
  [],
  [1, 'Größe: 1 € \ud83d\ude00', '\u0000\u0007\u00ff', -3, 0.5],
  [2, new Uint8Array([0, 1, 255]), { a: undefined, b: ['c'] }, true],
  [3, 'x'.repeat(100_000)],
]

t.test('comes out as it went in, however it is cut', async (t) => {
  const bytes = Buffer.concat([...BATCHES.map(encodeFrame), LAST_FRAME])
  for (const size of [1, 2, 3, 5, 7, 100, 65_536, bytes.length]) {
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
    t.strictSame(read(pieces), { batches: BATCHES, last: 1 }, `in pieces of ${size}`)
  }
})

t.test('a small array does not keep the whole frame', async (t) => {
  const { batches } = read([encodeFrame([new Uint8Array(10), new Uint8Array(100_000)])])
  const [[small, large] = []] = batches as Uint8Array[][]
  t.equal(small?.buffer.byteLength, 10)
  t.ok((large?.buffer.byteLength ?? 0) >= 100_000)
})

t.test('what is no frame is refused, whatever it claims to be', async (t) => {
  t.throws(() => read([Buffer.from([255, 255, 255, 255])]), { message: /a frame of \d+ bytes/ })
  t.throws(() => read([Buffer.from([2, 0, 0, 0, 1, 2])]))
})
