/** Which fields of a request the cache heeds. */
import t from 'tap'
import { readRequestFields, RequestFields } from '../../../modules/cache/request-fields.js'
import { requestWishes } from '../../../modules/cache/request-wishes.js'

const BROWSER = ['Host', 'x', 'Cookie', 'a=b', 'Accept-Encoding', 'gzip', 'X'.repeat(300), 'y']

t.test('heeds nothing in an ordinary request', (t) => {
  t.same(readRequestFields(BROWSER), new RequestFields())
  t.end()
})

t.test('finds each field, in any case', (t) => {
  const rows: readonly [string, keyof RequestFields][] = [
    ['cache-control', 'cacheControl'],
    ['pragma', 'pragma'],
    ['if-none-match', 'ifNoneMatch'],
    ['if-modified-since', 'ifModifiedSince'],
    ['range', 'range'],
    ['if-range', 'ifRange'],
  ]
  for (const [name, key] of rows) {
    for (const spelled of [name, name.toUpperCase()]) {
      const fields = readRequestFields([...BROWSER, spelled, 'v', name, 'w'])
      t.equal(fields[key], 'v, w', spelled)
    }
  }
  t.equal(readRequestFields(['Authorization', '']).hasAuthorization, true)
  for (const name of ['If-Match', 'If-Unmodified-Since', 'Upgrade']) {
    t.equal(readRequestFields([name, 'x']).isForOrigin, true, name)
  }
  t.end()
})

t.test('Pragma counts only without Cache-Control (5.4)', (t) => {
  const noCache = (...headers: string[]) => requestWishes(readRequestFields(headers))?.noCache ?? false
  t.equal(noCache('Pragma', 'no-cache'), true)
  t.equal(noCache('Pragma', 'x, No-Cache'), true)
  t.equal(noCache('Pragma', 'x-no-cache'), false)
  t.equal(noCache('Pragma', 'no-cache', 'Cache-Control', 'max-age=5'), false)
  t.equal(requestWishes(readRequestFields(['Pragma', 'x'])), null)
  t.end()
})
