/** Which of the bindings of one port a client gets its certificate from: by the name that it asks for, and the address it came to. */
import type { BindingConfig } from '../../../core/index.js'
import { createIdentity, type Identity, type IdentityOptions, type LoadedBinding } from './identity.js'
import { CertificateError } from './load-certificate.js'

const ONLY_NAMED = 1

export class IdentityTable {
  private readonly byPlace = new Map<string, Identity>()

  /** @throws CertificateError where a binding cannot be served. */
  constructor(bindings: readonly LoadedBinding[], options: IdentityOptions) {
    for (const loaded of bindings) {
      const { binding, certificates } = loaded
      const { address, host } = binding
      if (host !== '') this.add(address, host, make(loaded, certificates, options))
      else {
        for (const certificate of certificates) {
          const identity = make(loaded, [certificate], options)
          for (const name of certificate.names) this.add(address, name, identity)
          this.add(address, '', identity)
        }
      }
    }
    // Whoever names no host, or one that nobody has, gets what comes first and does not insist on names.
    for (const { binding } of bindings) {
      if ((binding.sslFlags & ONLY_NAMED) !== 0) continue
      const own = this.byPlace.get(placeOf(binding.address, binding.host))
      if (own) this.add(binding.address, '', own)
    }
  }

  /** The exact name, then the wildcard, then the default; each by the address first. Undefined: the client is refused. */
  find(localAddress: string, name: string): Identity | undefined {
    const dot = name.indexOf('.')
    const names = name === '' ? [''] : dot < 0 ? [name, ''] : [name, ...wildcardsOf(name, dot), '']
    for (const one of names) {
      const found = this.byPlace.get(placeOf(localAddress, one)) ?? this.byPlace.get(placeOf('*', one))
      if (found) return found
    }
    return undefined
  }

  /** The first one stays. */
  private add(address: string, name: string, identity: Identity): void {
    const place = placeOf(address, name)
    if (!this.byPlace.has(place)) this.byPlace.set(place, identity)
  }
}

const placeOf = (address: string, name: string): string => `${address}|${name}`

/** `*.b.c` and `*.c` for `a.b.c`: as bindings find their hosts. */
const wildcardsOf = (name: string, firstDot: number): string[] => {
  const wildcards: string[] = []
  for (let dot = firstDot; dot > 0; dot = name.indexOf('.', dot + 1)) wildcards.push(`*${name.slice(dot)}`)
  return wildcards
}

const make = (
  loaded: LoadedBinding,
  certificates: LoadedBinding['certificates'],
  options: IdentityOptions,
): Identity => {
  try {
    return createIdentity(loaded, certificates, options)
  } catch (error) {
    throw new CertificateError(placeOfProblem(loaded.binding, error), (error as Error).message)
  }
}

const placeOfProblem = ({ pointer }: BindingConfig, error: unknown): string =>
  /cipher/i.test(String(error)) ? `${pointer}/tls/ciphers` : pointer
