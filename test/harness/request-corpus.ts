/** The raw requests of the corpus, and mutants of them by a seed. */
import { readFileSync } from 'node:fs'

interface Record {
  readonly inject_host: boolean
  readonly raw_b64: string
}

// From dist/test/harness: fixtures are not compiled, they stay where they are.
const fixture = new URL('../../../test/fixtures/http1-requests.ndjson', import.meta.url)

export const corpus: readonly Buffer[] = readFileSync(fixture, 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const { raw_b64, inject_host } = JSON.parse(line) as Record
    const raw = Buffer.from(raw_b64, 'base64')
    if (!inject_host) return raw
    const end = raw.indexOf('\r\n') + 2
    return Buffer.concat([raw.subarray(0, end), Buffer.from('Host: x\r\n'), raw.subarray(end)])
  })

/** Whole numbers below `below`; the same ones for the same seed (mulberry32). */
export const randomFrom = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const SPECIAL = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '%',
  '/',
  '\\',
  '..',
  '?',
  '#',
  '\x80',
  '\xff',
  '0',
  '+',
  '-',
]
const LINES = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length : 5',
  'content-length:5',
  'Content-Length: 99999999999999999999',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: xchunked',
  ' Transfer-Encoding: chunked',
  'Transfer-Encoding:',
  'TE: trailers',
  'Host: y',
  'Host:',
  'Connection: close',
  'Connection: Content-Length',
  'Connection: keep-alive, Host',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Expect: x',
  'Trailer: Host',
  'X-Forwarded-For: 1.1.1.1',
  'X: a\rb',
  'X: a\nb',
]
const BODIES = [
  '5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '0\r\nHost: z\r\n\r\n',
  '5;x="y"\r\nhello\r\n0\r\n\r\n',
  '05\r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5\nhello\n0\n\n',
  '-1\r\n',
  'hello',
  'GET /in HTTP/1.1\r\nHost: x\r\n\r\n',
  'ffffffffffffffff\r\nhello',
]

/** One of the corpus with one to four things changed. */
export const mutant = (random: (below: number) => number): Buffer => {
  const one = <T>(list: readonly T[]): T => list[random(list.length)] as T
  let text = one(corpus).toString('latin1')
  for (let left = 1 + random(1 + random(4)); left > 0; left--) {
    const at = random(text.length + 1)
    const end = Math.min(text.length, at + 1 + random(12))
    switch (random(9)) {
      case 0:
        text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1)
        break
      case 1:
      case 2:
        text = text.slice(0, at) + one(SPECIAL) + text.slice(at)
        break
      case 3:
        text = text.slice(0, at) + text.slice(end)
        break
      case 4:
        text = text.slice(0, end) + text.slice(at)
        break
      case 5:
      case 6: {
        const feed = text.indexOf('\n', at)
        text = feed < 0 ? text : `${text.slice(0, feed + 1)}${one(LINES)}\r\n${text.slice(feed + 1)}`
        break
      }
      case 7:
        text += one(BODIES)
        break
      case 8: {
        if (random(4) > 0) break
        const other = one(corpus).toString('latin1')
        text = text.slice(0, at) + other.slice(random(other.length))
        break
      }
    }
  }
  return Buffer.from(text, 'latin1')
}
