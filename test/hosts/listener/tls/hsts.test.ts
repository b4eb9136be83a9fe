/** Strict-Transport-Security is put into a response that is bytes already, once. */
import t from 'tap'
import { withHsts } from '../../../../hosts/listener/hsts.js'

const hsts = {
  enabled: true,
  'max-age': 60,
  includeSubDomains: true,
  preload: true,
  redirectHttpToHttps: false,
}
const FIELD = 'Strict-Transport-Security: max-age=60; includeSubDomains; preload\r\n'
const response = (fields: string): string =>
  `HTTP/1.1 200 OK\r\n${fields}\r\nstrict-transport-security: is no field here`

t.test('behind the status line, in text and in bytes', async (t) => {
  const expected = `HTTP/1.1 200 OK\r\n${FIELD}A: b\r\n\r\nstrict-transport-security: is no field here`
  t.equal(withHsts(response('A: b\r\n'), hsts), expected)
  const bytes = withHsts(Buffer.from(response('A: b\r\n')), hsts)
  t.equal(Buffer.from(bytes as Uint8Array).toString(), expected)
})

t.test('that of the application stays; what is no response is left alone', async (t) => {
  const own = response('STRICT-transport-security: max-age=1\r\n')
  t.equal(withHsts(own, hsts), own)
  t.same(withHsts(Buffer.from(own), hsts), Buffer.from(own))
  t.equal(withHsts('nonsense', hsts), 'nonsense')
})
