/** The certificates of all https bindings: loaded, checked for their dates, and what is wrong with them. */
import type { BindingConfig, ConfigurationProblem, ServerConfig, SiteConfig } from '../../../core/index.js'
import type { LoadedBinding } from './identity.js'
import { CertificateError, loadCertificate, readPem, type LoadedCertificate } from './load-certificate.js'

const DAY = 86_400_000
/** An administrator wants to know that a certificate expires so long before. */
export const WARN_BEFORE = 30 * DAY

export interface SecureBinding {
  readonly binding: BindingConfig
  readonly site: SiteConfig
}

export const secureBindingsOf = ({ sites }: ServerConfig): SecureBinding[] =>
  sites.flatMap((site) =>
    site.bindings.flatMap((binding) => (binding.protocol === 'https' ? [{ binding, site }] : [])),
  )

/** @returns what could be loaded; the problems are those of the others. */
export const loadBindings = async (
  bindings: readonly SecureBinding[],
): Promise<{ loaded: LoadedBinding[]; problems: ConfigurationProblem[] }> => {
  const problems: ConfigurationProblem[] = []
  const attempt = async <T>(loading: Promise<T>): Promise<T | undefined> => {
    try {
      return await loading
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      problems.push({ pointer: error.pointer, message: error.message })
      return undefined
    }
  }
  const loaded: LoadedBinding[] = []
  for (const { binding, site } of bindings) {
    const { pointer, tls } = binding
    const certificates: LoadedCertificate[] = []
    for (const [index, config] of binding.certificates.entries()) {
      const certificate = await attempt(loadCertificate(config, `${pointer}/certificates/${index}`))
      if (certificate) certificates.push(certificate)
    }
    const file = (key: 'clientCaFile' | 'clientCrlFile'): Promise<Buffer | undefined> => {
      const path = tls[key]
      return path === undefined ? Promise.resolve(undefined) : attempt(readPem(path, `${pointer}/tls/${key}`))
    }
    const clientCa = await file('clientCaFile')
    const clientCrl = await file('clientCrlFile')
    loaded.push({ binding, site, certificates, clientCa, clientCrl })
  }
  return { loaded, problems }
}

/** The files that a change of must be seen. */
export const filesOf = (bindings: readonly SecureBinding[]): Set<string> =>
  new Set(
    bindings.flatMap(({ binding: { certificates, tls } }) =>
      [
        ...certificates.flatMap(({ certFile, keyFile, pfxFile }) => [certFile, keyFile, pfxFile]),
        tls.clientCaFile,
        tls.clientCrlFile,
      ].filter((file) => file !== undefined),
    ),
  )

/** What is wrong with the dates of a certificate at `now`; undefined where nothing is. */
export const dateProblem = (
  { validFrom, validTo, file }: LoadedCertificate,
  now: number,
): string | undefined => {
  if (validTo !== undefined && validTo < now)
    return `the certificate in ${file} expired on ${day(validTo)}; get a new one`
  if (validFrom !== undefined && validFrom > now)
    return `the certificate in ${file} is not valid before ${day(validFrom)}`
  return undefined
}

/** What is to be told of a certificate that is in order still. */
export const dateWarning = ({ validTo, file }: LoadedCertificate, now: number): string | undefined => {
  if (validTo === undefined || validTo < now || validTo - now > WARN_BEFORE) return undefined
  const days = Math.ceil((validTo - now) / DAY)
  return `The certificate in ${file} expires on ${day(validTo)}, in ${days} day${days === 1 ? '' : 's'}.`
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
