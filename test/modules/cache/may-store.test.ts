/** What a shared cache may keep (RFC 9111 section 3). */
import t from 'tap'
import { parseCacheControl } from '../../../modules/cache/cache-control.js'
import { isStorableStatus, mayGuess, mayStore } from '../../../modules/cache/may-store.js'
import { readRequestFields } from '../../../modules/cache/request-fields.js'
import { ResponseHead } from '../../../modules/cache/response-head.js'

const may = (cacheControl: string, requestHeaders: string[] = [], ...lines: string[]) =>
  answered(200, cacheControl, false, requestHeaders, ...lines)

const answered = (
  status: number,
  cacheControl: string,
  storeSetCookie: boolean,
  requestHeaders: string[] = [],
  ...lines: string[]
) =>
  mayStore(
    readRequestFields(requestHeaders),
    ResponseHead.read(['HTTP/1.1 200 OK', ...lines, ''].join('\r\n')),
    status,
    parseCacheControl(cacheControl),
    storeSetCookie,
  )

t.test('final statuses, but for those that answer something in the request that no Vary names', (t) => {
  for (const status of [200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 404, 410, 500, 503, 599]) {
    t.ok(isStorableStatus(status), String(status))
  }
  for (const status of [0, 100, 101, 103, 206, 304, 401, 407, 412, 416, 417, 428]) {
    t.notOk(isStorableStatus(status), String(status))
  }
  t.end()
})

t.test('heuristics are for some statuses, and for what is public', (t) => {
  t.ok(mayGuess(200, parseCacheControl('')))
  t.notOk(mayGuess(503, parseCacheControl('')))
  t.ok(mayGuess(503, parseCacheControl('public')))
  t.end()
})

t.test('the response decides first', (t) => {
  t.ok(may('max-age=9'))
  t.ok(may('max-age=9, must-revalidate'))
  for (const not of ['no-store', 'private', 'private="', 'private=""']) {
    t.notOk(may(`max-age=9, public, ${not}`), not)
  }
  for (const kept of ['no-cache', 'no-cache="x"', 'private="x"']) t.ok(may(`max-age=9, ${kept}`), kept)
  t.ok(may('max-age=9, no-store, must-understand'), '5.2.2.3')
  t.notOk(answered(599, 'max-age=9, must-understand', false), 'not understood')
  t.ok(answered(200, 'max-age=9', true, [], 'Set-Cookie: a=b'), 'if the administrator says so')
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
