/** Refuses a body whose end two readers could see in two places: the root of request smuggling. */
import { RequestError } from '../../core/index.js'

/** Digits of the largest length that a number holds exactly (2^53 - 1). */
const LONGEST_LENGTH = 16

/**
 * Stricter than RFC 9112 section 6.3 where that leaves a choice: what the choice is made of has no honest use.
 *
 * @throws RequestError `BAD_NUMBER` for a Content-Length that is not one number, `TRANSFER_CODING` for a coding that is
 * not known, `BAD_HEADER` for Transfer-Encoding that is empty, doubled, in HTTP/1.0 or beside Content-Length.
 */
export const checkFraming = (headers: readonly string[], http10: boolean): void => {
  let lengths = 0
  let codings = 0
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase()
    const value = headers[at + 1] ?? ''
    if (name === 'content-length') {
      checkLength(value)
      lengths++
    } else if (name === 'transfer-encoding') {
      checkCoding(value)
      codings++
    }
  }
  if (lengths > 1) throw new RequestError('BAD_NUMBER')
  if (codings > 1 || (codings === 1 && (lengths > 0 || http10))) throw new RequestError('BAD_HEADER')
}

const checkLength = (value: string): void => {
  const digits = value.replace(/^0+(?=\d)/, '')
  if (!/^\d+$/.test(digits) || digits.length > LONGEST_LENGTH || !Number.isSafeInteger(Number(digits))) {
    throw new RequestError('BAD_NUMBER')
  }
}

const checkCoding = (value: string): void => {
  const codings = value.toLowerCase().split(',')
  if (codings.length === 1 && codings[0] === 'chunked') return
  const known = codings.every((coding) => coding.trim() === 'chunked' || coding.trim() === '')
  throw new RequestError(known ? 'BAD_HEADER' : 'TRANSFER_CODING')
}
