/** The forms of a request target. */
import t from 'tap'
import type { ErrorCode } from '../../../core/index.js'
import { readTarget } from '../../../modules/validate/target.js'

const rules = {
  urlSegmentMaxLength: 260,
  urlSegmentMaxCount: 255,
  allowRestrictedChars: false,
  allowDoubleEscaping: false,
}
const read = (target: string, method = 'GET') => readTarget(method, target, rules)

t.test('keeps the target as the URL where the structure of the path is in order', (t) => {
  t.same(read('/%61//b?x=%2e%2e'), {
    authority: '',
    path: '/a/b',
    query: 'x=%2e%2e',
    url: '/%61//b?x=%2e%2e',
  })
  t.same(read('/a%2Fb?'), { authority: '', path: '/a%2Fb', query: '', url: '/a%2Fb?' })
  t.end()
})

t.test('rewrites the URL where it resolved something, and leaves the query alone', (t) => {
  t.same(read('/a/../b?q=/../c'), { authority: '', path: '/b', query: 'q=/../c', url: '/b?q=/../c' })
  t.same(read('/a\\b?q=\\'), { authority: '', path: '/a/b', query: 'q=\\', url: '/a/b?q=\\' })
  t.end()
})

t.test('turns the absolute form into origin form', (t) => {
  t.same(read('http://h:80/a?b'), { authority: 'h:80', path: '/a', query: 'b', url: '/a?b' })
  t.same(read('HTTPS://h/%2e/a'), { authority: 'h', path: '/a', query: '', url: '/a' })
  t.same(read('http://h'), { authority: 'h', path: '/', query: '', url: '/' })
  t.same(read('http://h?b/c'), { authority: 'h', path: '/', query: 'b/c', url: '/?b/c' })
  t.same(read('http://[::1]:8080/foo'), { authority: '[::1]:8080', path: '/foo', query: '', url: '/foo' })
  t.end()
})

t.test('takes the asterisk from OPTIONS only', (t) => {
  t.same(read('*', 'OPTIONS'), { authority: '', path: '*', query: '', url: '*' })
  t.throws(() => read('*'), { code: 'BAD_URL' })
  t.throws(() => read('*a', 'OPTIONS'), { code: 'BAD_URL' })
  t.end()
})

t.test('refuses every other form', (t) => {
  const refused: Record<string, ErrorCode> = {
    '': 'BAD_URL',
    'foo/bar': 'BAD_URL',
    'example.com:443': 'BAD_URL',
    '?x': 'BAD_URL',
    'ftp://h/': 'BAD_URL',
    'http:/h/': 'BAD_URL',
    'http:h': 'BAD_URL',
    'http://h#x': 'BAD_URL',
    'http://h\\x': 'BAD_URL',
    'http:///x': 'BAD_HOST',
    'http://': 'BAD_HOST',
    '/a#b': 'BAD_URL',
    '/a?b#c': 'BAD_URL',
    '/a?b c': 'BAD_URL',
    '/a?\u0100': 'BAD_URL',
    'http://h/../x': 'FORBIDDEN_URL',
  }
  for (const [target, code] of Object.entries(refused)) {
    t.throws(() => read(target), { code }, JSON.stringify(target))
  }
  t.end()
})
