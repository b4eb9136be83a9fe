/** Reads one certificate with its key from PEM or PFX files, or says what is wrong with them and where. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { BindingConfig, ConfigurationProblem } from '../../../core/index.js'

export type CertificateConfig = BindingConfig['certificates'][number]

/** A certificate as a secure context takes it. */
export interface LoadedCertificate {
  readonly cert?: Buffer
  readonly key?: { readonly pem: string }
  readonly pfx?: { readonly buf: Buffer; readonly passphrase: string }
  /** Lower case: what it is for; empty where that cannot be told. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch; undefined where they cannot be told. */
  readonly validFrom: number | undefined
  readonly validTo: number | undefined
  /** The first of its files. */
  readonly file: string
  readonly pointer: string
}

/** @throws CertificateError */
export const loadCertificate = async (
  { certFile, keyFile, pfxFile, passphrase }: CertificateConfig,
  pointer: string,
): Promise<LoadedCertificate> => {
  if (pfxFile !== undefined) return loadPfx(pfxFile, passphrase, pointer)
  if (certFile === undefined) throw new CertificateError(pointer, 'names no file')
  const certPointer = `${pointer}/certFile`
  const cert = await read(certFile, certPointer)
  const certificate = parseCertificate(cert, certFile, certPointer)
  const keyPointer = keyFile === undefined ? certPointer : `${pointer}/keyFile`
  const keyText = keyFile === undefined ? cert : await read(keyFile, keyPointer)
  const key = parseKey(keyText, keyFile ?? certFile, passphrase, keyPointer, `${pointer}/passphrase`)
  if (!certificate.checkPrivateKey(key)) {
    const which = keyFile ?? `the key in ${certFile}`
    throw new CertificateError(keyPointer, `${which} is not the key of the certificate in ${certFile}`)
  }
  const pem = key.export({ type: 'pkcs8', format: 'pem' }) as string
  const loaded = { cert, key: { pem }, ...factsOf(certificate), file: certFile, pointer: certPointer }
  // What OpenSSL does not take, such as a key that is too short, shows now and not with the first client.
  secure({ cert, key: pem }, certFile, certPointer)
  return loaded
}

const loadPfx = async (file: string, passphrase: string, pointer: string): Promise<LoadedCertificate> => {
  const place = `${pointer}/pfxFile`
  const buf = await read(file, place)
  let context: SecureContext
  try {
    context = createSecureContext({ pfx: buf, passphrase })
  } catch (error) {
    const { message } = error as Error
    if (/mac verify|bad decrypt/i.test(message))
      throw new CertificateError(`${pointer}/passphrase`, `does not open ${file}`)
    if (/unsupported/i.test(message))
      throw new CertificateError(
        place,
        `${file} is encrypted in a way that is out of date; export it with AES-256`,
      )
    throw new CertificateError(place, `${file} is no PFX that can be read: ${message}`)
  }
  const found = certificateIn(context)
  const facts = found ? factsOf(found) : { names: [], validFrom: undefined, validTo: undefined }
  return { pfx: { buf, passphrase }, ...facts, file, pointer: place }
}

/** Not in node's documents, but the only way to it; without it nothing but the check of the dates is lost. */
const certificateIn = ({ context }: SecureContext): X509Certificate | undefined => {
  const der = (context as { getCertificate?: () => Buffer | null }).getCertificate?.()
  return der ? new X509Certificate(der) : undefined
}

const parseCertificate = (text: Buffer, file: string, pointer: string): X509Certificate => {
  try {
    return new X509Certificate(text)
  } catch {
    throw new CertificateError(pointer, `${file} holds no certificate in PEM form`)
  }
}

const parseKey = (
  text: Buffer,
  file: string,
  passphrase: string,
  pointer: string,
  passphrasePointer: string,
): KeyObject => {
  try {
    return createPrivateKey({ key: text, passphrase })
  } catch (error) {
    if (!text.includes('ENCRYPTED'))
      throw new CertificateError(pointer, `${file} holds no private key in PEM form`)
    if (passphrase === '')
      throw new CertificateError(pointer, `${file} is encrypted, and there is no "passphrase"`)
    const { message } = error as Error
    if (/unsupported/i.test(message) && !/decrypt/i.test(message))
      throw new CertificateError(pointer, `${file} is encrypted in a way that is not supported`)
    throw new CertificateError(passphrasePointer, `does not open ${file}`)
  }
}

const secure = (options: { cert: Buffer; key: string }, file: string, pointer: string): void => {
  try {
    createSecureContext(options)
  } catch (error) {
    throw new CertificateError(pointer, `${file} cannot be used: ${(error as Error).message}`)
  }
}

const factsOf = (
  certificate: X509Certificate,
): Pick<LoadedCertificate, 'names' | 'validFrom' | 'validTo'> => ({
  names: namesOf(certificate),
  validFrom: Date.parse(certificate.validFrom),
  validTo: Date.parse(certificate.validTo),
})

/** Its alternative names; a common name counts only where there are none (RFC 9110 section 4.3.4). */
const namesOf = ({ subjectAltName, subject }: X509Certificate): string[] => {
  const names = [...(subjectAltName ?? '').matchAll(/DNS:([^,"\s]+)/g)].map((match) => match[1] ?? '')
  const common = /^CN=(.+)$/m.exec(subject)?.[1]
  const all = names.length > 0 || common === undefined ? names : [common]
  return all.map((name) => name.toLowerCase())
}

const read = async (file: string, pointer: string): Promise<Buffer> => {
  try {
    return await readFile(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT'
        ? `there is no file ${file}`
        : code === 'EACCES'
          ? `${file} may not be read by this user`
          : `${file} cannot be read: ${message}`
    throw new CertificateError(pointer, why)
  }
}

/** What is wrong, and where in the configuration it says so. */
export class CertificateError extends Error implements ConfigurationProblem {
  readonly pointer: string

  constructor(pointer: string, message: string) {
    super(message)
    this.name = 'CertificateError'
    this.pointer = pointer
  }
}

export const readPem = read
