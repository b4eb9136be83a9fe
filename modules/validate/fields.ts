/** Looks at the header fields of a request in one pass: their length, the one Host, and what frames the body. */
import { RequestError } from '../../core/index.js'
import { checkFraming } from './framing.js'

/** How long a head may be, in bytes; the names are those of the configuration (`webLimits`). */
export interface FieldLimits {
  /** Name and value of one field. */
  readonly maxFieldLength: number
  /** Request line and all fields with their line ends. */
  readonly maxRequestBytes: number
}

/**
 * Checks the fields and finds the Host.
 *
 * @param bytes - bytes of the request line.
 * @returns index of Host's value in `headers`, -1 if there is none.
 * @throws RequestError `FIELD_TOO_LONG`, `REQUEST_TOO_LONG`, `BAD_HOST` for a second Host, and what `checkFraming` throws.
 */
export const checkFields = (
  headers: readonly string[],
  bytes: number,
  http10: boolean,
  limits: FieldLimits,
): number => {
  let total = bytes
  let hostAt = -1
  let framed = false
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    const length = name.length + (headers[at + 1] ?? '').length
    if (length > limits.maxFieldLength) throw new RequestError('FIELD_TOO_LONG')
    total += length + ': \r\n'.length
    // The length of a name tells nearly all fields from the three that matter.
    switch (name.length) {
      case 4:
        if (name === 'Host' || name.toLowerCase() === 'host') {
          if (hostAt >= 0) throw new RequestError('BAD_HOST')
          hostAt = at + 1
        }
        break
      case 14:
      case 17:
        framed ||= framesBody(name)
        break
    }
  }
  if (total > limits.maxRequestBytes) throw new RequestError('REQUEST_TOO_LONG')
  if (framed) checkFraming(headers, http10)
  return hostAt
}

const framesBody = (name: string): boolean => {
  const lower = name.toLowerCase()
  return lower === 'content-length' || lower === 'transfer-encoding'
}
