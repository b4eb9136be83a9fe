/** Texts with references in braces. */
import t from 'tap'
import { mapsOf } from '../../../../modules/app/rewrite/rules.js'
import { templateOf } from '../../../../modules/app/rewrite/template.js'

const maps = mapsOf([
  { name: 'Colours', defaultValue: 'grey', ignoreCase: true, add: { Red: 'rot' } },
  { name: 'Exact', defaultValue: '', ignoreCase: false, add: { Red: 'rot' } },
])
const references = {
  rule: ['whole', 'One', undefined],
  conditions: ['c', 'Red'],
  variable: (name: string) => (name === 'HTTP_HOST' ? 'example.org' : undefined),
}
const filled = (text: string): string => templateOf(text, maps)(references)

t.test('references are filled in, and what there is none of is nothing', async (t) => {
  t.equal(filled('plain'), 'plain')
  t.equal(filled('{R:0}/{R:1}/{R:2}/{R:9}/{C:1}'), 'whole/One///Red')
  t.equal(filled('https://{HTTP_HOST}/{HTTP_X_NONE}x'), 'https://example.org/x')
})

t.test('functions and maps take texts that hold references themselves', async (t) => {
  t.equal(filled('{ToLower:A{R:1}}'), 'aone')
  t.equal(filled('{UrlEncode:a b/{R:1}}'), 'a%20b%2FOne')
  t.equal(filled('{UrlDecode:a%20b}{UrlDecode:%ff}'), 'a b%ff')
  t.equal(filled('{Colours:{ToLower:{C:1}}} {colours:x} {Exact:red}'), 'rot grey ')
})

t.test('a text that cannot be filled in is refused when the rules load', async (t) => {
  t.throws(() => templateOf('{R:1', maps), /has a \{ without its \}/)
  t.throws(() => templateOf('{HTTP_HOST', maps), /has a \{ without its \}/)
  t.throws(() => templateOf('{Coulors:x}', maps), /no rewrite map "Coulors"/)
})
