/** What a cache wants to know of a worker's response: its fields and body, and for how long it may be kept. */
import type { RequestContext } from 'webgarden'

/** Fields that the listener sets itself for each client. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'date', 'content-length'])

/** Fields with which a plain Map must not keep a response: more than one variant, a client's own, or in chunks. */
const UNFIT = new Set(['vary', 'set-cookie', 'transfer-encoding'])

/** Only a complete 200 that came in one piece; null for everything else. */
export const takeApart = ({
  raw,
  status,
  stream,
}: RequestContext['response']): { headers: string[]; body: Buffer } | null => {
  if (raw === null || stream !== null || status !== 200) return null
  // A worker's response is its bytes on the wire; as a string, each character is one byte.
  const bytes = typeof raw === 'string' ? Buffer.from(raw, 'latin1') : Buffer.from(raw)
  const end = bytes.indexOf('\r\n\r\n')
  const headers: string[] = []
  for (const line of bytes.toString('latin1', 0, end).split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (UNFIT.has(name.toLowerCase())) return null
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) headers.push(name, line.slice(colon + 1).trim())
  }
  return { headers, body: bytes.subarray(end + 4) }
}

/** Seconds for which a shared cache may keep the response (RFC 9111 section 5.2.2); 0 is not at all. */
export const ageLimit = (headers: readonly string[]): number => {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'cache-control')
  const value = at < 0 ? '' : (headers[at + 1] ?? '')
  if (/no-store|no-cache|private/i.test(value)) return 0
  const seconds = /s-maxage\s*=\s*"?(\d+)/i.exec(value) ?? /max-age\s*=\s*"?(\d+)/i.exec(value)
  return Number(seconds?.[1] ?? 0)
}
