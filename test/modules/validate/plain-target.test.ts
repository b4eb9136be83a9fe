/** The quick look may only ever say what the long one says too. */
import t from 'tap'
import { RequestError } from '../../../core/index.js'
import { endOfPlainPath } from '../../../modules/validate/plain-target.js'
import { readTarget } from '../../../modules/validate/target.js'

const rules = {
  urlSegmentMaxLength: 5,
  urlSegmentMaxCount: 4,
  allowRestrictedChars: false,
  allowDoubleEscaping: false,
}

t.test('finds the end of a plain path', (t) => {
  t.equal(endOfPlainPath('/', rules), 1)
  t.equal(endOfPlainPath('/a/b.c', rules), 6)
  t.equal(endOfPlainPath('/a?b', rules), 2)
  t.equal(endOfPlainPath('/a?', rules), 2)
  t.equal(endOfPlainPath('/?a?b/../%zz\\', rules), 1)
  t.equal(endOfPlainPath('/12345/12345/12345/12345', rules), 24)
  t.end()
})

t.test('leaves everything else to the long way', (t) => {
  for (const target of [
    ...[
      '',
      '*',
      'a',
      'http://a/',
      '?a',
      '//',
      '/a//b',
      '/.',
      '/a/..',
      '/a/.b',
      '/%41',
      '/a\\b',
      '/a#b',
      '/a?b#c',
    ],
    ...[
      '/a b',
      '/a?b c',
      '/\xfc',
      '/\u2215',
      '/a?\u2215',
      '/\0',
      '/a?\0',
      '/\x7f',
      '/123456',
      '/123456/a',
      '/a/123456',
    ],
    ...['/a/b/c/d/e', '/a/b/c/d/', '/123456?x'],
  ]) {
    t.equal(endOfPlainPath(target, rules), -1, JSON.stringify(target))
  }
  t.end()
})

t.test('agrees with the long way on every short target', (t) => {
  const characters = ['/', 'a', '.', '?', '#', '%', '\\', ' ', '\xfc', '4']
  const check = (target: string): void => {
    const end = endOfPlainPath(target, rules)
    if (end >= 0) {
      let long
      try {
        long = readTarget('GET', target, rules)
      } catch (error) {
        long = error instanceof RequestError ? error.code : error
      }
      const expected = {
        authority: '',
        path: target.slice(0, end),
        query: target.slice(end + 1),
        url: target,
      }
      if (JSON.stringify(long) !== JSON.stringify(expected)) t.same(long, expected, target)
    }
    if (target.length < 6) for (const character of characters) check(target + character)
  }
  check('/')
  t.pass('all agree')
  t.end()
})
