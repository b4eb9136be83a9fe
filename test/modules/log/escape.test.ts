import t from 'tap'
import { escapeRaw, escapeText } from '../../../modules/log/escape.js'

t.test('blanks, tabs and control characters become a plus each, and a plus stays', (t) => {
  t.equal(escapeRaw('a b\tc\u0001d+e\u007f'), 'a+b+c+d+e+')
  t.equal(escapeText('line\r\nbreak'), 'line++break')
  t.equal(escapeText('\u0085\u2028\u00a0\u202e'), '++++')
  t.end()
})

t.test('an empty value is a hyphen', (t) => {
  t.equal(escapeRaw(''), '-')
  t.equal(escapeText(''), '-')
  t.end()
})

t.test('a value of more than 4096 characters is three dots', (t) => {
  t.equal(escapeRaw('a'.repeat(4096)), 'a'.repeat(4096))
  t.equal(escapeRaw('a'.repeat(4097)), '...')
  t.equal(escapeText('a'.repeat(4097)), '...')
  t.end()
})

t.test('letters of all scripts are kept', (t) => {
  t.equal(escapeText('/straße/日本/😀'), '/straße/日本/😀')
  t.end()
})

t.test('bytes that are UTF-8 are logged as what they mean, others as Latin-1', (t) => {
  t.equal(escapeRaw(Buffer.from('Jürgen B').toString('latin1')), 'Jürgen+B')
  t.equal(escapeRaw('J\u00fcrgen B'), 'Jürgen+B')
  t.end()
})

t.test('the same value is escaped alike however often and among however many others it comes', (t) => {
  const wrong = Array.from({ length: 2500 }, (_, i) => i).filter(
    (i) => escapeRaw(`agent ${i}`) !== `agent+${i}`,
  )
  t.same(wrong, [])
  t.equal(escapeRaw('agent 1'), 'agent+1')
  t.end()
})
