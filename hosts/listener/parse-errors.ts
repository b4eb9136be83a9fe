/** What node's parser calls an error, in the words of the error table. */
import type { ErrorCode } from '../../core/index.js'

const byParserCode: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'REQUEST_TOO_LONG',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'BAD_NUMBER',
  HPE_INVALID_METHOD: 'BAD_VERB',
  HPE_INVALID_URL: 'BAD_URL',
  HPE_INVALID_VERSION: 'BAD_VERSION',
  HPE_INVALID_HEADER_TOKEN: 'BAD_HEADER',
  HPE_INVALID_CONTENT_LENGTH: 'BAD_NUMBER',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'BAD_NUMBER',
  HPE_INVALID_CHUNK_SIZE: 'BAD_NUMBER',
  HPE_INVALID_TRANSFER_ENCODING: 'TRANSFER_CODING',
  HPE_CR_EXPECTED: 'BAD_LINE_END',
  HPE_LF_EXPECTED: 'BAD_LINE_END',
  ERR_HTTP_REQUEST_TIMEOUT: 'HEADERS_TOO_SLOW',
}

/** The client has gone, in the middle of a request perhaps: nothing can be answered. */
const gone = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'HPE_INVALID_EOF_STATE'])

export const isClientGone = (code: string | undefined): boolean => code !== undefined && gone.has(code)

/** What node tells of it besides its code. */
export interface ParseError {
  readonly code?: string | undefined
  readonly reason?: string
  readonly rawPacket?: Buffer
}

export const errorCodeOf = ({ code = '', reason, rawPacket }: ParseError): ErrorCode => {
  // The version is right; what follows it is not.
  if (reason === 'Expected CRLF after version') return 'BAD_LINE_END'
  if (code === 'HPE_HEADER_OVERFLOW' && rawPacket && isStillUrl(rawPacket)) return 'URL_TOO_LONG'
  return byParserCode[code] ?? 'BAD_REQUEST'
}

/** A request line that has not ended yet. One that came in pieces is told as a head that is too long. */
const isStillUrl = (packet: Buffer): boolean =>
  !packet.includes('\n') && /^[A-Z]{1,20} (?:\/|https?:)/.test(packet.toString('latin1', 0, 64))

/** Method and target of a request that could not be parsed, as far as they can be told: for the log alone. */
export const requestLineOf = (packet: Buffer | undefined): { method: string; target: string } => {
  const line = packet?.toString('latin1', 0, 4_096).split(/\r?\n/, 1)[0] ?? ''
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,255}) ([^ ]*)/.exec(line)
  return { method: match?.[1] ?? '-', target: match?.[2] ?? '' }
}
