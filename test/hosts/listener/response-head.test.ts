/** The answers that the listener makes itself, as bytes. */
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import { Pipeline } from '../../../core/pipeline/pipeline.js'
import { composeResponse, httpDate } from '../../../hosts/listener/response-head.js'
import { makeRequest } from '../../core/pipeline/drive.js'

const empty = { validate: [], cache: [], route: [], queue: [], dispatch: [], log: [] }
const pipeline = new Pipeline(empty, { write: () => undefined }, new ManualClock())
const NOW = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT')

const compose = (
  status: number,
  body: string | Uint8Array | null = null,
  { method = 'GET', headers = [] as string[], keepAlive = true } = {},
): string => {
  const ctx = makeRequest(pipeline, { method })
  ctx.respond(status, headers, body)
  return composeResponse(ctx, keepAlive, NOW).toString('latin1')
}

t.test(
  'a response has its fields, the date, the connection and the length of its body in bytes',
  async (test) => {
    test.equal(
      compose(404, 'ä€', { headers: ['X-A', '1', 'X-A', '2'] }),
      'HTTP/1.1 404 Not Found\r\nX-A: 1\r\nX-A: 2\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n' +
        `Connection: keep-alive\r\nContent-Length: 5\r\n\r\n${Buffer.from('ä€').toString('latin1')}`,
    )
    test.match(compose(200, Buffer.from([0, 255])), /\r\nContent-Length: 2\r\n\r\n\x00\xff$/)
    test.match(
      compose(200, null, { keepAlive: false }),
      /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/,
    )
    test.match(compose(299), /^HTTP\/1\.1 299 Unknown\r\n/)
  },
)

t.test('HEAD has the length and not the body', async (test) => {
  test.match(compose(200, 'hello', { method: 'HEAD' }), /\r\nContent-Length: 5\r\n\r\n$/)
})

t.test('204 and 304 have neither body nor length', async (test) => {
  for (const status of [204, 304]) {
    const text = compose(status, 'hello')
    test.match(text, /\r\n\r\n$/)
    test.notMatch(text, /Content-Length|hello/)
  }
})

t.test('a field that would split the response is refused', async (test) => {
  for (const headers of [
    ['Location', '/a\r\nSet-Cookie: x=1'],
    ['X-A', 'a\nb'],
    ['X-A\r\nX-B', '1'],
    ['X A', '1'],
    ['', '1'],
  ]) {
    test.throws(() => compose(302, null, { headers }), TypeError, JSON.stringify(headers))
  }
  test.doesNotThrow(() => compose(200, null, { headers: ['X-A', 'ü\t!'] }))
})

t.test('the date is that of the second', async (test) => {
  test.equal(httpDate(0), 'Thu, 01 Jan 1970 00:00:00 GMT')
  test.equal(httpDate(NOW), 'Sun, 06 Nov 1994 08:49:37 GMT')
  test.equal(httpDate(NOW + 999), 'Sun, 06 Nov 1994 08:49:37 GMT')
  test.equal(httpDate(NOW + 1_000), 'Sun, 06 Nov 1994 08:49:38 GMT')
  test.equal(httpDate(NOW), 'Sun, 06 Nov 1994 08:49:37 GMT', 'and back')
})
