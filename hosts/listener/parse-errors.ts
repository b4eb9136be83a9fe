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

export const errorCodeOf = (parserCode: string | undefined): ErrorCode =>
  byParserCode[parserCode ?? ''] ?? 'BAD_REQUEST'

/** Method and target of a request that could not be parsed, as far as they can be told: for the log alone. */
export const requestLineOf = (packet: Buffer | undefined): { method: string; target: string } => {
  const line = packet?.toString('latin1', 0, 4_096).split(/\r?\n/, 1)[0] ?? ''
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,255}) ([^ ]*)/.exec(line)
  return { method: match?.[1] ?? '-', target: match?.[2] ?? '' }
}
