/** The path normaliser against every known way of spelling a path so that a check sees another one than the reader. */
import t from 'tap'
import { RequestError } from '../../../core/index.js'
import { normalisePath, type PathRules } from '../../../modules/validate/path.js'

const strict: PathRules = {
  urlSegmentMaxLength: 260,
  urlSegmentMaxCount: 255,
  allowRestrictedChars: false,
  allowDoubleEscaping: false,
}

/** Path and canonical form (`=`: the raw one will do), or the code of the error. */
const read = (raw: string, rules = strict): string => {
  try {
    const { path, canonical } = normalisePath(raw, rules)
    return `${path} ${canonical ?? '='}`
  } catch (error) {
    if (error instanceof RequestError) return error.code
    throw error
  }
}

const table: readonly (readonly [raw: string, expected: string])[] = [
  // What changes nothing
  ['/', '/ ='],
  ['/a/b.c', '/a/b.c ='],
  ['/a/', '/a/ ='],
  ['/a/...', '/a/... ='],
  ['/a/..b/c..', '/a/..b/c.. ='],
  ['/.well-known/x', '/.well-known/x ='],
  ['/with_"quotes"|{}^`<>', '/with_"quotes"|{}^`<> ='],
  ['/a;b=c/..;/d', '/a;b=c/..;/d ='],
  // Escapes are decoded once
  ['/%61dmin', '/admin ='],
  ['/a%20b', '/a b ='],
  ['/%C3%BC', '/ü ='],
  ['/%c3%bc', '/ü ='],
  ['/\xc3\xbc', '/ü ='],
  ['/%3Fx', '/?x ='],
  ['/%23x', '/#x ='],
  ['/%25', '/% ='],
  ['/100%25/x', '/100%/x ='],
  ['/a%2Eb', '/a.b ='],
  ['/%F0%9F%98%80', '/😀 ='],
  // An encoded slash is data
  ['/a%2Fx', '/a%2Fx ='],
  ['/a%2fx', '/a%2Fx ='],
  ['/%2F', '/%2F ='],
  ['/a%2Fb/../c', '/c /c'],
  // Repeated slashes are kept for the application, not for routing
  ['///keeping_slashes', '/keeping_slashes ='],
  ['//admin', '/admin ='],
  ['/a//b///', '/a/b/ ='],
  // Dot segments
  ['/a/../b', '/b /b'],
  ['/a/./b', '/a/b /a/b'],
  ['/a/.', '/a/ /a/'],
  ['/a/b/..', '/a/ /a/'],
  ['/a/..', '/ /'],
  ['/.', '/ /'],
  ['/./', '/ /'],
  ['/a//../b', '/a/b /a/b'],
  ['//../b', '/b /b'],
  ['/a/%2e%2e/b', '/b /b'],
  ['/a/%2E%2e/b', '/b /b'],
  ['/a/.%2e/b', '/b /b'],
  ['/a/%2e./b', '/b /b'],
  ['/a/%2e/b', '/a/b /a/b'],
  ['/a/b/%2e%2e', '/a/ /a/'],
  ['/x/../%C3%BC', '/ü /%C3%BC'],
  ['/x/../\xc3\xbc', '/ü /%C3%BC'],
  ['/x/../a%20b', '/a b /a%20b'],
  // Dot segments that an encoded slash makes
  ['/a/..%2Fb', '/b /b'],
  ['/a/x%2F..%2F..%2Fb', '/b /b'],
  ['/a/%2e%2e%2fb', '/b /b'],
  ['/a%2F..%2Fb', '/b /b'],
  ['/a%2F.', '/a/ /a/'],
  ['/a%2Fb/..%2Fc', '/c /c'],
  // The backslash is a slash
  ['/a\\b', '/a/b /a/b'],
  ['/a%5Cb', '/a/b /a/b'],
  ['/a%5cb', '/a/b /a/b'],
  ['/a\\..\\b', '/b /b'],
  ['/a/..%5Cb', '/b /b'],
  ['/a/..%5C%2e%2e%2Fb', 'FORBIDDEN_URL'],
  ['/a%2F..%5Cb', '/b /b'],
  ['/\\evil/x', '/evil/x //evil/x'],
  // Above the root
  ['/..', 'FORBIDDEN_URL'],
  ['/../', 'FORBIDDEN_URL'],
  ['/../etc/passwd', 'FORBIDDEN_URL'],
  ['/a/../../b', 'FORBIDDEN_URL'],
  ['/a/../../a/b', 'FORBIDDEN_URL'],
  ['/%2e%2e/x', 'FORBIDDEN_URL'],
  ['/..%2Fx', 'FORBIDDEN_URL'],
  ['/..%5cx', 'FORBIDDEN_URL'],
  ['/..\\x', 'FORBIDDEN_URL'],
  ['/a/..%2F..%2Fx', 'FORBIDDEN_URL'],
  ['/.%2e%2f.%2e', 'FORBIDDEN_URL'],
  // Escaped twice
  ['/%2541', 'DOUBLE_ESCAPED'],
  ['/%252e%252e/x', 'DOUBLE_ESCAPED'],
  ['/%252Fx', 'DOUBLE_ESCAPED'],
  ['/%255cx', 'DOUBLE_ESCAPED'],
  ['/%25%34%31', 'DOUBLE_ESCAPED'],
  ['/%25%32e', 'DOUBLE_ESCAPED'],
  ['/%252%65', 'DOUBLE_ESCAPED'],
  ['/%25252e', 'DOUBLE_ESCAPED'],
  ['/a%2500', 'DOUBLE_ESCAPED'],
  ['/%25zz', '/%zz ='],
  ['/%25%2F', '/%%2F ='],
  // Controls
  ['/%00', 'BAD_URL'],
  ['/a%00.html', 'BAD_URL'],
  ['/..%00/x', 'BAD_URL'],
  ['/%01', 'BAD_URL'],
  ['/%0d%0aSet-Cookie:x', 'BAD_URL'],
  ['/%09', 'BAD_URL'],
  ['/%1F', 'BAD_URL'],
  ['/%7f', 'BAD_URL'],
  ['/%C2%80', 'BAD_URL'],
  ['/%C2%9F', 'BAD_URL'],
  ['/%C2%A0', '/\u00a0 ='],
  ['/a\tb', 'BAD_URL'],
  ['/a b', 'BAD_URL'],
  ['/a\0b', 'BAD_URL'],
  ['/a\x7fb', 'BAD_URL'],
  ['/a#b', 'BAD_URL'],
  ['/\u2215x', 'BAD_URL'],
  // Not UTF-8, not even an escape
  ['/%', 'BAD_URL'],
  ['/%4', 'BAD_URL'],
  ['/%zz', 'BAD_URL'],
  ['/%%41', 'BAD_URL'],
  ['/%2%5C', 'BAD_URL'],
  ['/%u002e%u002e/x', 'BAD_URL'],
  ['/%c0%ae%c0%ae/x', 'BAD_URL'],
  ['/%c0%af', 'BAD_URL'],
  ['/%e0%80%af', 'BAD_URL'],
  ['/%f0%80%80%af', 'BAD_URL'],
  ['/%ed%a0%80', 'BAD_URL'],
  ['/%f4%90%80%80', 'BAD_URL'],
  ['/%ff', 'BAD_URL'],
  ['/\xff', 'BAD_URL'],
  ['/%C3', 'BAD_URL'],
  ['/%C3/%BC', 'BAD_URL'],
  ['/%C3%2F%BC', 'BAD_URL'],
  // What a dot segment would take away is looked at too
  ['/%zz/../a', 'BAD_URL'],
  ['/%00/../a', 'BAD_URL'],
  ['/%2541/../a', 'DOUBLE_ESCAPED'],
  // No path
  ['', 'BAD_URL'],
  ['a/b', 'BAD_URL'],
  ['\\a', 'BAD_URL'],
  ['%2Fa', 'BAD_URL'],
  ['../a', 'BAD_URL'],
  ['?x', 'BAD_URL'],
]

t.test('reads each spelling of a path as the table says', (t) => {
  for (const [raw, expected] of table) t.equal(read(raw), expected, JSON.stringify(raw))
  t.end()
})

t.test('lets control characters through where the administrator allows them, NUL never', (t) => {
  const rules = { ...strict, allowRestrictedChars: true }
  t.equal(read('/a%09b', rules), '/a\tb =')
  t.equal(read('/%7F', rules), '/\x7f =')
  t.equal(read('/%C2%80', rules), '/\x80 =')
  t.equal(read('/%00', rules), 'BAD_URL')
  t.equal(read('/a\tb', rules), 'BAD_URL', 'unescaped ones are refused all the same')
  t.end()
})

t.test('decodes once only where the administrator allows double escaping', (t) => {
  const rules = { ...strict, allowDoubleEscaping: true }
  t.equal(read('/%2541', rules), '/%41 =')
  t.equal(read('/a/%252e%252e/b', rules), '/a/%2e%2e/b =')
  t.equal(read('/a/../%2541', rules), '/%41 /%2541')
  t.end()
})

t.test('measures decoded segments and counts empty ones', (t) => {
  const rules = { ...strict, urlSegmentMaxLength: 3, urlSegmentMaxCount: 3 }
  t.equal(read('/abc/%61%62%63/%C3%BC%C3%BC%C3%BC', rules), '/abc/abc/üüü =')
  t.equal(read('/abcd', rules), 'BAD_URL')
  t.equal(read('/%61bcd', rules), 'BAD_URL')
  t.equal(read('/a/b/c/d', rules), 'BAD_URL')
  t.equal(read('////', rules), 'BAD_URL')
  t.equal(read('/a/../b/../c/./d', rules), '/c/d /c/d', 'what was resolved does not count')
  const unlimited = { ...strict, urlSegmentMaxLength: Infinity, urlSegmentMaxCount: Infinity }
  t.equal(read('/x'.repeat(1000), unlimited), `${'/x'.repeat(1000)} =`)
  t.end()
})

const ALPHABET = [
  ...[
    '/',
    '\\',
    '.',
    '..',
    '%',
    '%2f',
    '%2F',
    '%5c',
    '%5C',
    '%2e',
    '%2E',
    '%25',
    '%252e',
    '%00',
    '%0a',
    '%c3%bc',
  ],
  ...[
    '%c0%ae',
    'a',
    'B',
    '2',
    'e',
    'f',
    '5',
    'c',
    '\xc3\xbc',
    '\xff',
    ';',
    '~',
    '%41',
    '//',
    '/../',
    '/./',
    '%3f',
  ],
]

/** A small generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
const generator = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

t.test('gives whatever it is thrown at a form that has no second meaning', (t) => {
  const seed = Date.now() | 0
  const random = generator(seed)
  let accepted = 0
  for (let round = 0; round < 50_000; round++) {
    let raw = '/'
    for (let length = 1 + random() * 10; length > 0; length--)
      raw += ALPHABET[(random() * ALPHABET.length) | 0] ?? ''
    let first
    try {
      first = normalisePath(raw, strict)
    } catch (error) {
      if (error instanceof RequestError) continue
      throw error
    }
    accepted++
    const seen = first.canonical ?? raw
    const second = normalisePath(seen, strict)
    const wrong =
      second.canonical !== null ||
      second.path !== first.path ||
      !first.path.startsWith('/') ||
      !seen.startsWith('/') ||
      first.path.includes('//') ||
      /[\0\\]/.test(first.path) ||
      /(^|\/|\\|%2F)\.{1,2}($|\/|\\|%2F)/.test(first.path) ||
      /\\|%5c|(^|\/|%2f)(\.|%2e){1,2}($|\/|%2f)/i.test(seen)
    if (wrong) t.fail(`seed ${seed}: ${JSON.stringify({ raw, first, second })}`)
  }
  t.ok(accepted > 1000, `${accepted} of 50,000 were accepted`)
  t.end()
})
