/** Makes a list of certificates that their issuer has revoked (CRL, RFC 5280 section 5), as PEM. */
import { createPrivateKey } from 'node:crypto'
import forge from 'node-forge'
import type { TestCertificate } from './certificates.js'

const { asn1 } = forge
const { Class, Type } = asn1
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const DAY = 86_400_000

const sequence = (...parts: forge.asn1.Asn1[]): forge.asn1.Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts)
const time = (days: number): forge.asn1.Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(new Date(Date.now() + days * DAY)))
const algorithm = (): forge.asn1.Asn1 =>
  sequence(
    asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(SHA256_WITH_RSA).getBytes()),
    asn1.create(Class.UNIVERSAL, Type.NULL, false, ''),
  )

export const makeRevocationList = (issuer: TestCertificate, revoked: readonly TestCertificate[]): string => {
  const by = forge.pki.certificateFromPem(issuer.cert)
  const entries = revoked.map(({ cert }) =>
    sequence(
      asn1.create(
        Class.UNIVERSAL,
        Type.INTEGER,
        false,
        forge.util.hexToBytes(forge.pki.certificateFromPem(cert).serialNumber),
      ),
      time(-1),
    ),
  )
  const list = sequence(
    asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(1).getBytes()),
    algorithm(),
    forge.pki.distinguishedNameToAsn1(by.subject),
    time(-1),
    time(30),
    sequence(...entries),
  )
  const digest = forge.md.sha256.create()
  digest.update(asn1.toDer(list).getBytes())
  const key = forge.pki.privateKeyFromPem(
    createPrivateKey(issuer.key).export({ type: 'pkcs1', format: 'pem' }) as string,
  )
  const signature = asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, `\0${key.sign(digest)}`)
  const body = asn1.toDer(sequence(list, algorithm(), signature)).getBytes()
  return forge.pem.encode({ type: 'X509 CRL', body })
}
