/** Records of the centralized binary log: each text once in a batch, then by its number; one short record for a request. */
import { Buffer } from 'node:buffer'
import type { RequestContext } from '../../core/index.js'
import { COMPUTER, targetPath, targetQuery } from './asked-fields.js'
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
  httpVersionNumber,
} from './binary-layout.js'
import { decodeRaw } from './escape.js'
import type { LineFormat, LineSink } from './line-format.js'
import { plainAddress } from './plain-address.js'
import { BYTES_PER_UNIT } from './put.js'

/** A longer value is logged as `...`, as in the text formats. */
const LONGEST_TEXT = 4096
const AROUND = HEAD_BYTES + CHECK_BYTES
const COMPUTER_BYTES = Buffer.from(COMPUTER)
/** Bytes of a request's record, and of what may have to come before it. */
const FIXED = AROUND * 8 + SEGMENT_BYTES + COMPUTER_BYTES.length + STRING_BYTES * 6 + REQUEST_BYTES
const HIGH = 0x1_0000_0000

export class BinaryLine implements LineFormat {
  readonly fields = ''
  /** Numbers of the texts that this batch has already. */
  private readonly numbers = new Map<string, number>()
  private bytes: Buffer = COMPUTER_BYTES
  private at = 0

  write(ctx: RequestContext, sink: LineSink): void {
    const { connection, completedAt, path, target } = ctx
    const client = plainAddress(connection.remoteAddress)
    const server = plainAddress(connection.localAddress)
    const method = bounded(decodeRaw(ctx.method))
    const stem = bounded(path === '' ? decodeRaw(targetPath(target)) : path)
    const query = bounded(decodeRaw(path === '' ? targetQuery(target) : ctx.query))
    const user = bounded(ctx.user)
    const units = client.length + server.length + method.length + stem.length + query.length + user.length
    const bytes = sink.room(FIXED + units * BYTES_PER_UNIT, completedAt)
    if (bytes === null) return
    this.bytes = bytes
    this.at = sink.position
    if (this.at === 0) this.beginSegment(completedAt)
    const clientNumber = this.numberOf(client)
    const serverNumber = this.numberOf(server)
    const methodNumber = this.numberOf(method)
    const stemNumber = this.numberOf(stem)
    const queryNumber = this.numberOf(query)
    const userNumber = this.numberOf(user)
    const start = this.begin(Kind.Request, REQUEST_BYTES)
    this.put64(completedAt)
    this.put32(ctx.site?.id ?? 0)
    this.put16(clientNumber)
    this.put16(serverNumber)
    this.put16(methodNumber)
    this.put16(stemNumber)
    this.put16(queryNumber)
    this.put16(userNumber)
    this.put16(connection.localPort)
    this.put8(httpVersionNumber(ctx.httpVersion))
    this.put16(ctx.response.status)
    this.put16(ctx.response.subStatus)
    this.put32(ctx.win32Status)
    this.put32(Math.max(0, completedAt - ctx.receivedAt))
    this.put64(ctx.bytesSent)
    this.put64(ctx.bytesReceived)
    this.end(start)
    sink.wrote(this.at)
  }

  private beginSegment(now: number): void {
    this.numbers.clear()
    const start = this.begin(Kind.Segment, SEGMENT_BYTES + COMPUTER_BYTES.length)
    this.at += this.bytes.write(MAGIC, this.at, 'latin1')
    this.put8(LAYOUT_VERSION)
    this.put64(now)
    this.bytes.set(COMPUTER_BYTES, this.at)
    this.at += COMPUTER_BYTES.length
    this.end(start)
  }

  /** Number of a text, which is written down where it is new; 0 for the empty one. */
  private numberOf(text: string): number {
    if (text === '') return 0
    const known = this.numbers.get(text)
    if (known !== undefined) return known
    const number = this.numbers.size + 1
    this.numbers.set(text, number)
    const start = this.at
    const length = this.bytes.write(text, start + HEAD_BYTES + STRING_BYTES, 'utf8')
    this.begin(Kind.String, STRING_BYTES + length)
    this.put16(number)
    this.at += length
    this.end(start)
    return number
  }

  private begin(kind: number, length: number): number {
    const start = this.at
    this.put8(kind)
    this.put16(length)
    return start
  }

  private end(start: number): void {
    this.put32(checkOf(this.bytes, start, this.at))
  }

  private put8(value: number): void {
    this.bytes[this.at++] = value
  }

  private put16(value: number): void {
    this.bytes[this.at++] = value
    this.bytes[this.at++] = value >>> 8
  }

  private put32(value: number): void {
    this.put16(value & 0xffff)
    this.put16(value >>> 16)
  }

  private put64(value: number): void {
    this.put32(value >>> 0)
    this.put32(Math.floor(value / HIGH))
  }
}

const bounded = (text: string): string => (text.length > LONGEST_TEXT ? '...' : text)
