/**
 * Batches as frames on a byte stream: four bytes of length, then JSON where the batch is numbers and strings, as most are,
 * else what v8 makes of it, so that binary stays binary. Why both: docs/decisions/process-workers.md.
 */
import { DefaultDeserializer, DefaultSerializer } from 'node:v8'
import type { Batch } from '../../core/contract/messages.js'

const PREFIX = 4

/** Bytes of a frame at most. Windows keep batches far below; only somebody else's writing can ask for more. */
const LONGEST = 1024 * 1024 * 1024
const ROOM_FOR_PREFIX = Buffer.alloc(PREFIX)

/** A frame without content: the sender's last, and the sign that it ends in peace. */
export const LAST_FRAME = Buffer.alloc(PREFIX)

export const encodeFrame = (batch: Batch): Buffer => (isPlain(batch) ? jsonFrame(batch) : v8Frame(batch))

const isPlain = (batch: Batch): boolean => {
  for (const field of batch) if (typeof field === 'object') return false
  return true
}

const jsonFrame = (batch: Batch): Buffer => {
  const text = JSON.stringify(batch)
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(PREFIX + length)
  frame.writeUInt32LE(length)
  frame.write(text, PREFIX)
  return frame
}

const v8Frame = (batch: Batch): Buffer => {
  const serializer = new DefaultSerializer()
  serializer.writeRawBytes(ROOM_FOR_PREFIX)
  serializer.writeHeader()
  serializer.writeValue(batch)
  const frame = serializer.releaseBuffer()
  frame.writeUInt32LE(frame.length - PREFIX)
  return frame
}

declare module 'v8' {
  // Documented for overriding; the types do not have it.
  interface DefaultDeserializer {
    _readHostObject(): ArrayBufferView
  }
}

/** A frame's arrays are views of the frame; one that is a small part of it gets memory of its own, or it would keep all. */
class FrameDeserializer extends DefaultDeserializer {
  override _readHostObject(): ArrayBufferView {
    const view = super._readHostObject()
    if (view instanceof Uint8Array && view.byteLength * 2 < view.buffer.byteLength) return view.slice()
    return view
  }
}

/** What v8 makes begins with another byte. */
const OPENING_BRACKET = 0x5b

const decodeFrame = (content: Buffer): Batch => {
  if (content[0] === OPENING_BRACKET) return JSON.parse(content.toString()) as Batch
  const deserializer = new FrameDeserializer(content)
  deserializer.readHeader()
  const batch: unknown = deserializer.readValue()
  if (!Array.isArray(batch)) throw new Error('a frame that holds no batch')
  return batch as Batch
}

/** Puts frames together again from the pieces that a stream brings. */
export class FrameReader {
  private readonly onBatch: (batch: Batch) => void
  private readonly onLast: () => void
  /** What came of a prefix that a piece ended in. */
  private prefix = Buffer.alloc(0)
  /** The frame that is being filled, and how much of it is there. */
  private frame: Buffer | null = null
  private filled = 0

  constructor(onBatch: (batch: Batch) => void, onLast: () => void = () => undefined) {
    this.onBatch = onBatch
    this.onLast = onLast
  }

  push(piece: Buffer): void {
    let rest = piece
    while (rest.length > 0) rest = this.frame ? this.fill(this.frame, rest) : this.begin(rest)
  }

  private begin(piece: Buffer): Buffer {
    const known = this.prefix.length > 0 ? Buffer.concat([this.prefix, piece]) : piece
    if (known.length < PREFIX) {
      this.prefix = Buffer.from(known)
      return NOTHING
    }
    this.prefix = NOTHING
    const length = known.readUInt32LE()
    if (length > LONGEST) throw new Error(`a frame of ${length} bytes`)
    const content = known.subarray(PREFIX)
    if (length === 0) this.onLast()
    else if (content.length < length) {
      this.frame = Buffer.allocUnsafeSlow(length)
      this.filled = 0
    } else {
      this.onBatch(decodeFrame(content.subarray(0, length)))
      return content.subarray(length)
    }
    return content
  }

  private fill(frame: Buffer, piece: Buffer): Buffer {
    const count = piece.copy(frame, this.filled)
    this.filled += count
    if (this.filled === frame.length) {
      this.frame = null
      this.onBatch(decodeFrame(frame))
    }
    return piece.subarray(count)
  }
}

const NOTHING = Buffer.alloc(0)
