/** `webgarden check` says of each certificate that cannot serve what is wrong with it, and where the configuration names it. */
import { rm } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { encryptKey, makeCertificate, makePfx } from '../harness/certificates.js'
import { webgarden, type Ran } from '../harness/command.js'
import { startServer, writeFolder } from '../harness/server.js'

const good = makeCertificate()
const other = makeCertificate()
const former = makeCertificate({ from: -20, to: -1 })
const later = makeCertificate({ from: 2 })

const files = {
  'app.mjs': 'export default (request, response) => response.end()',
  'good.pem': good.cert,
  'good.key': good.key,
  'other.key': other.key,
  'locked.key': encryptKey(good, 'right'),
  'good.pfx': makePfx(good, 'right'),
  'former.pem': former.cert + former.key,
  'later.pem': later.cert + later.key,
  'nonsense.pem': 'nonsense',
}

const site = (...bindings: readonly object[]): object => ({
  sites: [{ name: 'S', bindings, applications: [{ path: '/', module: './app.mjs' }] }],
})

const https = (certificate: object, more: object = {}): object => ({
  protocol: 'https',
  bindingInformation: '127.0.0.1:0:',
  certificates: [certificate],
  ...more,
})

const check = async (test: Test, config: object): Promise<Ran> => {
  const folder = await writeFolder(config, files)
  test.teardown(() => rm(folder, { recursive: true, force: true }))
  return webgarden(folder, 'check')
}

t.test('each certificate that cannot serve', async (t) => {
  const cases: [object, RegExp][] = [
    [{ certFile: 'none.pem', keyFile: 'good.key' }, /0\/certFile: there is no file .*none\.pem/],
    [{ certFile: 'nonsense.pem', keyFile: 'good.key' }, /1\/certFile: .*nonsense\.pem holds no certificate/],
    [{ certFile: 'good.pem', keyFile: 'nonsense.pem' }, /2\/keyFile: .*nonsense\.pem holds no private key/],
    [
      { certFile: 'good.pem', keyFile: 'other.key' },
      /3\/keyFile: .*other\.key is not the key of the certificate/,
    ],
    [
      { certFile: 'good.pem', keyFile: 'locked.key' },
      /4\/keyFile: .*is encrypted, and there is no "passphrase"/,
    ],
    [
      { certFile: 'good.pem', keyFile: 'locked.key', passphrase: 'wrong' },
      /5\/passphrase: does not open .*locked\.key/,
    ],
    [{ pfxFile: 'good.pfx', passphrase: 'wrong' }, /6\/passphrase: does not open .*good\.pfx/],
    [{ pfxFile: 'good.pem' }, /7\/pfxFile: .*good\.pem is no PFX/],
    [{ certFile: 'former.pem' }, /8\/certFile: the certificate in .*former\.pem expired on \d{4}-\d\d-\d\d/],
    [{ certFile: 'later.pem' }, /9\/certFile: the certificate in .*later\.pem is not valid before/],
    [{ certFile: 'good.pem' }, /10\/certFile: .*good\.pem holds no private key/],
  ]
  const certificates = cases.map(([certificate]) => certificate)
  const { code, stderr } = await check(t, site(https({}, { certificates })))
  t.equal(code, 2)
  for (const [, pattern] of cases) t.match(stderr, pattern)
  t.equal(
    stderr.match(/applicationHost\.json:\d+:\d+: \/sites\/0\/bindings\/0\/certificates/g)?.length,
    cases.length,
  )
})

t.test('what needs no look at the files', async (t) => {
  const { code, stderr } = await check(
    t,
    site(
      https({}, { certificates: [] }),
      https({ certFile: 'good.pem', pfxFile: 'good.pfx' }),
      { bindingInformation: '*:0:', certificates: [{ certFile: 'good.pem' }] },
      https({ certFile: 'good.pem', keyFile: 'good.key' }, { bindingInformation: '*:8443:' }),
      { bindingInformation: '127.0.0.1:8443:a' },
    ),
  )
  t.equal(code, 2)
  t.match(stderr, /bindings\/0: needs "certificates"/)
  t.match(stderr, /bindings\/1\/certificates\/0: needs either a "certFile" or a "pfxFile"/)
  t.match(stderr, /bindings\/2\/certificates: are for https bindings only/)
  t.match(stderr, /bindings\/4: the https binding \/sites\/0\/bindings\/3 has this port/)
})

t.test('ciphers that OpenSSL does not know; all is well without them', async (t) => {
  const key = { certFile: 'good.pem', keyFile: 'locked.key', passphrase: 'right' }
  const bad = await check(t, site(https(key, { tls: { ciphers: 'NO-SUCH-CIPHER' } })))
  t.equal(bad.code, 2)
  t.match(bad.stderr, /bindings\/0\/tls\/ciphers: /)
  const right = await check(t, site(https(key)))
  t.equal(right.code, 0, right.stderr)
})

t.test(
  'an expired certificate is served, as IIS does, with an error event; a missing one ends the start',
  async (t) => {
    const server = await startServer(site(https({ certFile: 'former.pem' })), files)
    t.match(
      server.output(),
      /Clients will not trust this server: the certificate in .*former\.pem expired on/,
    )
    await server.stop()
    await t.rejects(startServer(site(https({ certFile: 'none.pem' })), files), {
      message: /certificates\/0\/certFile: there is no file/,
    })
  },
)
