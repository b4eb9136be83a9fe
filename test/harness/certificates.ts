/** Makes certificates for tests, with node alone: authorities, servers, clients, as PEM and PFX. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'

export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

export interface Wishes {
  readonly names?: readonly string[]
  readonly commonName?: string
  /** When it begins and ends to be valid, in days from now. */
  readonly from?: number
  readonly to?: number
  /** Who issues it; itself where left out. */
  readonly by?: TestCertificate
  readonly ca?: boolean
}

const DAY = 86_400_000
let serial = Date.now()

export const makeCertificate = ({
  names = ['localhost'],
  commonName = names[0] ?? 'test',
  from = -1,
  to = 365,
  by,
  ca = false,
}: Wishes = {}): TestCertificate => {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey)
  certificate.serialNumber = `0${(++serial).toString(16)}`
  certificate.validity.notBefore = new Date(Date.now() + from * DAY)
  certificate.validity.notAfter = new Date(Date.now() + to * DAY)
  const subject = [{ name: 'commonName', value: commonName }]
  certificate.setSubject(subject)
  certificate.setIssuer(by ? forge.pki.certificateFromPem(by.cert).subject.attributes : subject)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: ca },
    ...(ca ? [{ name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true }] : []),
    {
      name: 'subjectAltName',
      altNames: names.map((value) =>
        /^\d+(\.\d+){3}$/.test(value) ? { type: 7, ip: value } : { type: 2, value },
      ),
    },
  ])
  const issuer = forge.pki.privateKeyFromPem(rsaPem(by?.key ?? pair.privateKey))
  certificate.sign(issuer, forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: pair.privateKey }
}

/** The key under a passphrase, as PEM. */
export const encryptKey = ({ key }: TestCertificate, passphrase: string): string =>
  createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string

/** Certificate and key in one file. */
export const makePfx = ({ cert, key }: TestCertificate, passphrase: string): Buffer => {
  const asn1 = forge.pkcs12.toPkcs12Asn1(
    forge.pki.privateKeyFromPem(rsaPem(key)),
    [forge.pki.certificateFromPem(cert)],
    passphrase,
    { algorithm: 'aes256' },
  )
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary')
}

const rsaPem = (key: string): string =>
  createPrivateKey(key).export({ type: 'pkcs1', format: 'pem' }) as string
