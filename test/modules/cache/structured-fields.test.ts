/** Dictionaries and lists of strings (RFC 9651), as targeted fields and cache groups are written. */
import t from 'tap'
import { parseCacheControl } from '../../../modules/cache/cache-control.js'
import { directivesOf } from '../../../modules/cache/response-directives.js'
import { ResponseHead } from '../../../modules/cache/response-head.js'
import { parseDictionary, parseStrings } from '../../../modules/cache/structured-fields.js'
import { tagsOf } from '../../../modules/cache/tags.js'

t.test('a dictionary is read whole or not at all', (t) => {
  const read = (text: string) => {
    const found = parseDictionary(text)
    return found === null ? null : Object.fromEntries(found)
  }
  t.same(read('max-age=60, no-store;x=1;y,  a=?1, b="c, d", e=1.5, f=tok/en'), {
    'max-age': 60,
    'no-store': true,
    a: '?1',
    b: '"c, d"',
    e: '1.5',
    f: 'tok/en',
  })
  t.same(read('a=1, a=2'), { a: 2 })
  t.same(read(''), {})
  for (const broken of [
    'max-age =60',
    'max-age= 60',
    'a=1, &&&',
    'a=1,',
    'MaX-age=5',
    'a b',
    'a="x',
    ',a',
    'a=1;',
  ])
    t.equal(read(broken), null, broken)
  t.end()
})

t.test('a list of strings', (t) => {
  t.same(parseStrings('"a", "b \\" c";x, tok, 5'), ['a', 'b " c'])
  t.same(parseStrings('"a", '), ['a'])
  t.same(parseStrings('"a" "b"'), [])
  t.same(parseStrings(''), [])
  t.end()
})

t.test('the first targeted field that is whole counts, instead of Cache-Control (RFC 9213)', (t) => {
  const NAMES = ['Mine-Cache-Control', 'CDN-Cache-Control']
  const found = (...lines: string[]) =>
    directivesOf(
      ResponseHead.read(['HTTP/1.1 200 OK', ...lines, 'Cache-Control: max-age=1', ''].join('\r\n')),
      NAMES,
    )
  const own = { directives: parseCacheControl('max-age=1'), targeted: false }
  t.same(found(), own)
  t.same(found('CDN-Cache-Control: max-age=5'), {
    directives: parseCacheControl('max-age=5'),
    targeted: true,
  })
  t.equal(found('CDN-Cache-Control: max-age=5', 'mine-cache-control: no-store').directives.noStore, true)
  t.equal(found('CDN-Cache-Control: max-age=5, s-maxage=9').directives.sMaxAge, 9)
  for (const broken of ['', 'max-age =5', 'max-age="5"', 'max-age=-1', 'max-age']) {
    t.same(found(`CDN-Cache-Control: ${broken}`), own, broken)
  }
  t.end()
})

t.test('tags come of three fields', (t) => {
  const lines = ['Cache-Tag: a, b c', 'Surrogate-Key: d e', 'Cache-Groups: "f", "a"', 'cache-tag: g']
  t.same(tagsOf(ResponseHead.read(['HTTP/1.1 200 OK', ...lines, ''].join('\r\n'))), [
    'a',
    'b c',
    'g',
    'd',
    'e',
    'f',
  ])
  t.same(tagsOf(ResponseHead.read('HTTP/1.1 200 OK\r\n')), [])
  t.end()
})
