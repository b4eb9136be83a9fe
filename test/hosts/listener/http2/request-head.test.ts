/** The fields of an HTTP/2 request become those of HTTP/1. */
import t from 'tap'
import { readHead } from '../../../../hosts/listener/http2/request-head.js'

const read = (fields: Record<string, string>, more: readonly string[] = [], hasBody = false) =>
  readHead(
    [...Object.entries({ ':method': 'GET', ':path': '/a?b', ':scheme': 'https', ...fields }).flat(), ...more],
    hasBody,
  )

t.test('method, path, and the authority as Host', async (t) => {
  t.same(read({ ':authority': 'a.test', accept: '*/*' }), {
    method: 'GET',
    target: '/a?b',
    rawHeaders: ['host', 'a.test', 'accept', '*/*'],
    expectsContinue: false,
    error: null,
  })
  t.same(read({ host: 'a.test' }).rawHeaders, ['host', 'a.test'])
  t.same(read({ ':authority': 'a.test', host: 'A.TEST' }).error, null)
  t.equal(read({ ':authority': 'a.test', host: 'b.test' }).error, 'BAD_HOST')
  t.equal(read({ host: 'a.test' }, ['host', 'a.test']).error, 'BAD_HOST')
  t.equal(readHead([':method', 'CONNECT', ':authority', 'a.test:80'], true).target, 'a.test:80')
})

t.test('pieces of a cookie are one; a body is announced', async (t) => {
  t.same(read({}, ['cookie', 'a=1', 'cookie', 'b=2']).rawHeaders, ['cookie', 'a=1; b=2'])
  t.same(read({}, [], true).rawHeaders, ['transfer-encoding', 'chunked'])
  t.same(read({ 'content-length': '3' }, [], true).rawHeaders, ['content-length', '3'])
  t.match(read({ expect: '100-Continue' }), { expectsContinue: true, error: null })
  t.equal(read({ expect: 'more' }).error, 'EXPECTATION_FAILED')
})
