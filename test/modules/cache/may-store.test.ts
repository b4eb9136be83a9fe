/** What a shared cache may keep (RFC 9111 section 3). */
import t from 'tap'
import { parseCacheControl } from '../../../modules/cache/cache-control.js'
import { isStorableStatus, mayStore } from '../../../modules/cache/may-store.js'
import { readRequestFields } from '../../../modules/cache/request-fields.js'
import { ResponseHead } from '../../../modules/cache/response-head.js'

const may = (cacheControl: string, requestHeaders: string[] = [], ...lines: string[]) =>
  mayStore(
    readRequestFields(requestHeaders),
    new ResponseHead(['HTTP/1.1 200 OK', ...lines, ''].join('\r\n')),
    parseCacheControl(cacheControl),
  )

t.test('final statuses that are understood', (t) => {
  for (const status of [200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 501]) {
    t.ok(isStorableStatus(status), String(status))
  }
  for (const status of [0, 100, 101, 103, 201, 206, 303, 304, 400, 401, 403, 416, 500, 502, 503, 504, 599]) {
    t.notOk(isStorableStatus(status), String(status))
  }
  t.end()
})

t.test('the response decides first', (t) => {
  t.ok(may('max-age=9'))
  t.ok(may('max-age=9, must-revalidate'))
  for (const not of ['no-store', 'private', 'private="x"', 'no-cache', 'no-cache="x"']) {
    t.notOk(may(`max-age=9, public, ${not}`), not)
  }
  t.ok(may('max-age=9, no-store, must-understand'), '5.2.2.3')
  t.notOk(may('max-age=9', [], 'Set-Cookie: a=b'))
  t.notOk(may('public, s-maxage=9', [], 'set-cookie: a=b'))
  t.end()
})

t.test('the request may forbid it (5.2.1.5)', (t) => {
  t.notOk(may('max-age=9', ['cache-control', 'no-store']))
  t.ok(may('max-age=9', ['cache-control', 'no-cache']))
  t.ok(may('max-age=9', ['Pragma', 'no-cache']))
  t.end()
})

t.test('an answer to credentials is stored only if it says that it may be (3.5)', (t) => {
  const credentials = ['AUTHORIZATION', 'Basic eA==']
  t.notOk(may('max-age=9', credentials))
  t.notOk(may('max-age=9, proxy-revalidate', credentials))
  for (const allowed of ['public, max-age=9', 's-maxage=9', 'max-age=9, must-revalidate']) {
    t.ok(may(allowed, credentials), allowed)
  }
  t.end()
})
