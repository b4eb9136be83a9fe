/** What node's parser complains of, in the words of the error table. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { errorTable, type ErrorCode } from '../../../core/errors.js'
import {
  errorCodeOf,
  isClientGone,
  requestLineOf,
  type ParseError,
} from '../../../hosts/listener/parse-errors.js'
import { rawClient } from '../../harness/raw-client.js'

/** Requests that are broken, and what http.sys would say of each. */
const broken: readonly [name: string, bytes: string, code: ErrorCode][] = [
  ['a header name with a space', 'GET / HTTP/1.1\r\nHo st: h\r\n\r\n', 'BAD_HEADER'],
  ['a NUL in a value', 'GET / HTTP/1.1\r\nHost: h\0\r\n\r\n', 'BAD_HEADER'],
  ['a line end without CR', 'GET / HTTP/1.1\nHost: h\n\n', 'BAD_LINE_END'],
  ['a CR without LF in a header', 'GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n', 'BAD_LINE_END'],
  ['a URL that does not end', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`.slice(0, 20_000), 'URL_TOO_LONG'],
  ['a version that is none', 'GET / HTTP/9.9\r\nHost: h\r\n\r\n', 'BAD_VERSION'],
  ['a length that is no number', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\n', 'BAD_NUMBER'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'BAD_NUMBER',
  ],
  [
    'a chunk without a size',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
    'BAD_NUMBER',
  ],
  ['a header that is too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'REQUEST_TOO_LONG'],
  ['a word that is no verb', 'G@T / HTTP/1.1\r\nHost: h\r\n\r\n', 'BAD_VERB'],
  ['nonsense', '\x16\x03\x01\x02', 'BAD_VERB'],
]

for (const [name, bytes, code] of broken) {
  t.test(`${name} is ${code}`, async (test) => {
    const server = createServer((incoming) => {
      incoming.resume()
    })
    const found = new Promise<ParseError>((resolve) => {
      server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
        socket.destroy()
        resolve(error)
      })
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    test.teardown(() => server.close())
    const client = await rawClient((server.address() as AddressInfo).port)
    client.send(Buffer.from(bytes, 'latin1'))
    const error = await found
    test.equal(errorCodeOf(error), code, error.code ?? '')
    test.equal(isClientGone(error.code), false)
    client.socket.destroy()
  })
}

t.test('a code that nobody knows is a bad request, answered and closed', async (test) => {
  test.equal(errorCodeOf({ code: 'HPE_SOMETHING_NEW' }), 'BAD_REQUEST')
  test.equal(errorCodeOf({}), 'BAD_REQUEST')
  test.match(errorTable[errorCodeOf({})], { status: 400, close: true })
})

t.test('a client that has gone gets no answer', async (test) => {
  for (const code of ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'HPE_INVALID_EOF_STATE'])
    test.ok(isClientGone(code))
  for (const code of ['HPE_INVALID_METHOD', '', undefined]) test.notOk(isClientGone(code))
})

t.test(
  'of a broken request the log gets the method and the target as far as they can be told',
  async (test) => {
    const line = (packet: string): string => {
      const { method, target } = requestLineOf(Buffer.from(packet, 'latin1'))
      return `${method} ${target}`
    }
    test.equal(line('GET /a?b HTTP/1.1\r\nHo st: h\r\n\r\n'), 'GET /a?b')
    test.equal(line('M-SEARCH * HTTP/1.1'), 'M-SEARCH *')
    test.equal(line('GET /a\nX'), 'GET /a')
    test.equal(line('\x16\x03\x01'), '- ')
    test.equal(line(''), '- ')
    test.equal(line(`${'A'.repeat(300)} /x`), '- ')
    test.ok(line(`GET /${'a'.repeat(100_000)} HTTP/1.1`).length <= 4_096)
    test.same(requestLineOf(undefined), { method: '-', target: '' })
  },
)
