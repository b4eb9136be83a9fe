/** The layout of the centralized binary log (`.ibl`): webgarden's own, since IIS's is not public; docs/logs.md describes it. */

/** What a record begins with. */
export const Kind = { Segment: 1, String: 2, Request: 3 } as const

/** kind (1 byte), length of the payload (2) */
export const HEAD_BYTES = 3
/** Behind the payload: FNV-1a of all before it in the record. */
export const CHECK_BYTES = 4

/** First bytes of the payload of a segment record: a reader that has lost its way looks for them. */
export const MAGIC = 'webgarden-log'
export const LAYOUT_VERSION = 1

/** magic, version (1), when it was begun (8); the computer's name follows */
export const SEGMENT_BYTES = MAGIC.length + 1 + 8
/** number (2); the text follows */
export const STRING_BYTES = 2
/** when it ended (8), site (4), six texts (2 each), port (2), version (1), status, sub-status (2 each), win32 status, time taken (4 each), bytes sent, received (8 each) */
export const REQUEST_BYTES = 55

/** Two decimal digits: the major and minor version of HTTP. */
export const httpVersionNumber = (version: string): number => Number(version.replace('.', ''))

/** FNV-1a, 32 bits, of the bytes from `start` up to `end`. */
export const checkOf = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return hash >>> 0
}
