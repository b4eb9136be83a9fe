/** Variants (RFC 9111 section 4.1). */
import t from 'tap'
import { matchesVariant, variantOf } from '../../../modules/cache/vary.js'

const fields = (found: Record<string, string>) => ({ headerList: (name: string) => found[name] })

t.test('a variant answers requests whose fields are the same', (t) => {
  const variant = variantOf(
    'Accept-Encoding, accept-language,, Accept-Encoding',
    fields({ 'accept-encoding': 'gzip, br' }),
  )
  t.same(variant?.names, ['accept-encoding', 'accept-language'])
  const matches = (found: Record<string, string>) =>
    variant !== null && matchesVariant(variant, fields(found))
  t.ok(matches({ 'accept-encoding': 'gzip, br', cookie: 'x' }))
  t.ok(matches({ 'accept-encoding': ' gzip ,br' }), 'white space means nothing')
  t.ok(matches({ 'accept-encoding': 'br, gzip' }), 'nor does the order of codings')
  t.notOk(matches({ 'accept-encoding': 'br' }))
  t.notOk(matches({}))
  const german = variantOf('accept-language', fields({ 'accept-language': 'de, en' }))
  t.ok(german && matchesVariant(german, fields({ 'accept-language': 'De,EN' })), 'nor the case of languages')
  t.notOk(matches({ 'accept-encoding': 'gzip, br', 'accept-language': '' }), 'empty is not absent')
  t.end()
})

t.test('without Vary every request matches; with `*` none does', (t) => {
  const any = variantOf(undefined, fields({}))
  t.ok(any !== null && matchesVariant(any, fields({ x: 'y' })))
  t.equal(variantOf('*', fields({})), null)
  t.equal(variantOf('Accept, *', fields({})), null)
  t.end()
})
