/** The records of the FastCGI protocol (FastCGI Specification 1.0, section 3.3), written and read. */

export const RecordType = {
  BEGIN_REQUEST: 1,
  ABORT_REQUEST: 2,
  END_REQUEST: 3,
  PARAMS: 4,
  STDIN: 5,
  STDOUT: 6,
  STDERR: 7,
  GET_VALUES: 9,
  GET_VALUES_RESULT: 10,
} as const

/** How an application ends a request (section 5.5). */
export const ProtocolStatus = {
  REQUEST_COMPLETE: 0,
  CANT_MPX_CONN: 1,
  OVERLOADED: 2,
  UNKNOWN_ROLE: 3,
} as const

/** One request at a time on a connection: always the same number. */
const REQUEST = 1
const VERSION = 1
const HEADER = 8
const RESPONDER = 1
const KEEP_CONN = 1
/** Content of one record; a multiple of eight needs no padding. */
const MOST = 65_528

const headerOf = (type: number, request: number, length: number, padding: number): Buffer => {
  const header = Buffer.alloc(HEADER)
  header[0] = VERSION
  header[1] = type
  header.writeUInt16BE(request, 2)
  header.writeUInt16BE(length, 4)
  header[6] = padding
  return header
}

const record = (type: number, content: Buffer, request = REQUEST): Buffer => {
  const padding = -content.length & 7
  return Buffer.concat([headerOf(type, request, content.length, padding), content, Buffer.alloc(padding)])
}

export const beginRequest = (keep: boolean): Buffer =>
  record(RecordType.BEGIN_REQUEST, Buffer.from([0, RESPONDER, keep ? KEEP_CONN : 0, 0, 0, 0, 0, 0]))

export const abortRequest = (): Buffer => record(RecordType.ABORT_REQUEST, Buffer.alloc(0))

/** Answered by whoever waits for a request: a question whether somebody does. */
export const getValues = (): Buffer => record(RecordType.GET_VALUES, pairs({ FCGI_MAX_REQS: '' }), 0)

/** A stream of records, and the empty one that ends it. */
export const params = (variables: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([...stream(RecordType.PARAMS, pairs(variables)), endOf(RecordType.PARAMS)])

export const stdin = (chunk: Buffer): Buffer => Buffer.concat(stream(RecordType.STDIN, chunk))

export const stdinEnd = (): Buffer => endOf(RecordType.STDIN)

const endOf = (type: number): Buffer => headerOf(type, REQUEST, 0, 0)

const stream = (type: number, content: Buffer): Buffer[] => {
  const records: Buffer[] = []
  for (let at = 0; at < content.length; at += MOST)
    records.push(record(type, content.subarray(at, at + MOST)))
  return records
}

/** Name-value pairs (section 3.4): lengths up to 127 take one byte, others four. */
export const pairs = (variables: Readonly<Record<string, string>>): Buffer => {
  const parts: Buffer[] = []
  for (const [name, value] of Object.entries(variables)) {
    const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
    parts.push(lengthOf(nameBytes.length), lengthOf(valueBytes.length), nameBytes, valueBytes)
  }
  return Buffer.concat(parts)
}

const lengthOf = (length: number): Buffer => {
  if (length < 128) return Buffer.from([length])
  const long = Buffer.alloc(4)
  long.writeUInt32BE((length | 0x80000000) >>> 0)
  return long
}

export interface FastCgiRecord {
  readonly type: number
  readonly request: number
  readonly content: Buffer
}

/** Cuts what a connection brings into records. */
export class RecordReader {
  private readonly take: (record: FastCgiRecord) => void
  private chunks: Buffer[] = []
  private length = 0
  /** Bytes that the next step needs: a header, or a whole record. */
  private wanted = HEADER

  constructor(take: (record: FastCgiRecord) => void) {
    this.take = take
  }

  /** @throws Error when it is no FastCGI that comes. */
  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    if (this.length < this.wanted) return
    let bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks)
    this.wanted = HEADER
    while (bytes.length >= HEADER) {
      if (bytes[0] !== VERSION)
        throw new Error(`a record of version ${bytes[0] ?? ''} came, where version 1 is known`)
      const length = bytes.readUInt16BE(4)
      const end = HEADER + length + (bytes[6] ?? 0)
      if (bytes.length < end) {
        this.wanted = end
        break
      }
      const content = bytes.subarray(HEADER, HEADER + length)
      this.take({ type: bytes[1] ?? 0, request: bytes.readUInt16BE(2), content })
      bytes = bytes.subarray(end)
    }
    this.chunks = bytes.length === 0 ? [] : [bytes]
    this.length = bytes.length
  }
}
