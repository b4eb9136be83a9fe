/** Reads a centralized binary log record by record; what is cut off or damaged is passed over, and said. */
import { Buffer } from 'node:buffer'
import {
  CHECK_BYTES,
  HEAD_BYTES,
  Kind,
  LAYOUT_VERSION,
  MAGIC,
  REQUEST_BYTES,
  SEGMENT_BYTES,
  STRING_BYTES,
  checkOf,
} from './binary-layout.js'

/** One request; texts are as they came, '' where there is none. */
export interface BinaryRecord {
  /** Milliseconds since the epoch. */
  readonly completedAt: number
  readonly computer: string
  readonly site: number
  readonly clientAddress: string
  readonly serverAddress: string
  readonly serverPort: number
  readonly method: string
  readonly path: string
  readonly query: string
  readonly user: string
  readonly httpVersion: string
  readonly status: number
  readonly subStatus: number
  readonly win32Status: number
  /** Milliseconds. */
  readonly timeTaken: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** Bytes that are no whole record; `isLast`: nothing comes after them. */
export interface Damage {
  readonly offset: number
  readonly bytes: number
  readonly isLast: boolean
}

export type BinaryEntry = { readonly record: BinaryRecord } | { readonly damage: Damage }

/** It is no binary log, or one of a later layout; the message says which. */
export class NotABinaryLogError extends Error {
  override readonly name = 'NotABinaryLogError'
}

const AROUND = HEAD_BYTES + CHECK_BYTES
const HIGH = 0x1_0000_0000

/**
 * All records of a file, given in pieces of any size.
 *
 * @throws NotABinaryLogError before the first record.
 */
export async function* readBinaryLog(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<BinaryEntry> {
  const segments = new Segments()
  let rest = Buffer.alloc(0)
  let offset = 0
  let isFirst = true
  for await (const piece of pieces) {
    rest = Buffer.concat([rest, piece])
    if (isFirst && rest.length < AROUND + SEGMENT_BYTES) continue
    if (isFirst) expectSegment(rest)
    isFirst = false
    const read = yield* segments.read(rest, offset, false)
    rest = rest.subarray(read)
    offset += read
  }
  if (isFirst && rest.length > 0) expectSegment(rest)
  yield* segments.read(rest, offset, true)
}

const expectSegment = (bytes: Buffer): void => {
  if (bytes[0] !== Kind.Segment || bytes.toString('latin1', HEAD_BYTES, HEAD_BYTES + MAGIC.length) !== MAGIC)
    throw new NotABinaryLogError('this is not a binary log of webgarden')
  const version = bytes[HEAD_BYTES + MAGIC.length] ?? LAYOUT_VERSION
  if (version !== LAYOUT_VERSION)
    throw new NotABinaryLogError(`this log has layout ${version}, and this webgarden knows ${LAYOUT_VERSION}`)
}

class Segments {
  private computer = ''
  private readonly texts = new Map<number, string>()

  private take(bytes: Buffer): BinaryRecord | null {
    const payload = bytes.subarray(HEAD_BYTES, -CHECK_BYTES)
    switch (bytes[0]) {
      case Kind.Segment:
        this.texts.clear()
        this.computer = payload.toString('utf8', SEGMENT_BYTES)
        return null
      case Kind.String:
        this.texts.set(payload.readUInt16LE(0), payload.toString('utf8', STRING_BYTES))
        return null
      case Kind.Request:
        return payload.length === REQUEST_BYTES ? this.request(payload) : null
      default:
        // Of a later version that adds something.
        return null
    }
  }

  private request(payload: Buffer): BinaryRecord {
    const text = (at: number): string => this.texts.get(payload.readUInt16LE(at)) ?? ''
    const version = payload.readUInt8(26)
    return {
      completedAt: read64(payload, 0),
      computer: this.computer,
      site: payload.readUInt32LE(8),
      clientAddress: text(12),
      serverAddress: text(14),
      method: text(16),
      path: text(18),
      query: text(20),
      user: text(22),
      serverPort: payload.readUInt16LE(24),
      httpVersion: `${Math.floor(version / 10)}.${version % 10}`,
      status: payload.readUInt16LE(27),
      subStatus: payload.readUInt16LE(29),
      win32Status: payload.readUInt32LE(31),
      timeTaken: payload.readUInt32LE(35),
      bytesSent: read64(payload, 39),
      bytesReceived: read64(payload, 47),
    }
  }

  /** Answers how many bytes it is done with. */
  *read(bytes: Buffer, offset: number, isEnd: boolean): Generator<BinaryEntry, number> {
    let at = 0
    while (at < bytes.length) {
      const length = wholeRecord(bytes, at)
      if (length > 0) {
        const record = this.take(bytes.subarray(at, at + length))
        if (record) yield { record }
        at += length
        continue
      }
      // Not all of it may have come yet: a record is at most 64 KB.
      if (!isEnd && bytes.length - at < AROUND + 0xffff) break
      const next = nextSegment(bytes, at + 1)
      const end = next < 0 ? bytes.length : next
      yield { damage: { offset: offset + at, bytes: end - at, isLast: isEnd && next < 0 } }
      at = end
      this.texts.clear()
    }
    return at
  }
}

/** Bytes of the record that begins at `at`; 0 where there is no whole one. */
const wholeRecord = (bytes: Buffer, at: number): number => {
  if (bytes.length - at < AROUND) return 0
  const length = bytes.readUInt16LE(at + 1) + AROUND
  if (bytes.length - at < length) return 0
  const check = at + length - CHECK_BYTES
  return checkOf(bytes, at, check) === bytes.readUInt32LE(check) ? length : 0
}

/** Where the next segment begins, from which everything can be understood again; -1 if none does. */
const nextSegment = (bytes: Buffer, from: number): number => {
  for (let at = bytes.indexOf(MAGIC, from); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    const start = at - HEAD_BYTES
    if (start >= from && bytes[start] === Kind.Segment && wholeRecord(bytes, start) > 0) return start
  }
  return -1
}

const read64 = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * HIGH
