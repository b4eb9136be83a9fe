/** What no single binding shows: places taken twice, two protocols on one port, certificates that are missing or too many. */
import { isNamedSocket } from './binding-information.js'
import type { BindingConfig, ServerConfig } from './schema/index.js'

type Report = (pointer: string, message: string) => void

/** The central certificate store of Windows. */
const CENTRAL_STORE = 2

export const checkBindings = ({ sites }: ServerConfig, report: Report): void => {
  const owners = new Map<string, string>()
  const sockets = new Sockets()
  for (const binding of sites.flatMap(({ bindings }) => bindings)) {
    checkProtocol(binding, report)
    // Empty where the form is wrong; port 0 is another port each time.
    if (binding.address === '' || (binding.port === 0 && !isNamedSocket(binding.address))) continue
    const { address, port, host, bindingInformation, pointer, protocol } = binding
    const key = [address, port, host].join('|')
    const first = owners.get(key)
    if (first === undefined) owners.set(key, pointer)
    else {
      report(
        pointer,
        `the binding "${bindingInformation}" is already that of ${first}; give one a host name or another port`,
      )
    }
    const other = sockets.add(binding)
    if (!other) continue
    if (other.protocol === protocol)
      report(`${pointer}/http2`, `must be the same as at ${other.pointer}, which has this port`)
    else {
      report(
        pointer,
        `the ${other.protocol} binding ${other.pointer} has this port, and a port speaks either http or https; choose another one`,
      )
    }
  }
}

type Kind = 'http' | 'h2c' | 'https'

const kinds: readonly Kind[] = ['http', 'h2c', 'https']

const kindOf = ({ protocol, http2 }: BindingConfig): Kind =>
  protocol === 'https' ? 'https' : http2 ? 'h2c' : 'http'

/** The first binding of each kind, by port and by address: there may be thousands of them. */
class Sockets {
  private readonly first = new Map<string, BindingConfig>()

  /** Answers one of another kind with which this one would share its socket. */
  add(binding: BindingConfig): BindingConfig | undefined {
    const { address, port } = binding
    const kind = kindOf(binding)
    const at = (of: Kind, place: string): BindingConfig | undefined =>
      this.first.get(`${of} ${port} ${place}`)
    let other: BindingConfig | undefined
    for (const of of kinds) {
      if (of === kind) continue
      other ??=
        address === '*' ? at(of, 'somewhere') : (at(of, address) ?? (port === 0 ? undefined : at(of, '*')))
    }
    for (const place of [address, 'somewhere']) {
      const key = `${kind} ${port} ${place}`
      if (!this.first.has(key)) this.first.set(key, binding)
    }
    return other
  }
}

const checkProtocol = (binding: BindingConfig, report: Report): void => {
  const { protocol, certificates, sslFlags, pointer, http2 } = binding
  if (protocol !== 'https') {
    if (certificates.length > 0) report(`${pointer}/certificates`, 'are for https bindings only')
    return
  }
  if (http2) report(`${pointer}/http2`, 'is for http; on https HTTP/2 is on, unless sslFlags has 4')
  if ((sslFlags & CENTRAL_STORE) !== 0)
    report(
      `${pointer}/sslFlags`,
      'must not have 2: there is no central certificate store; name the files in "certificates"',
    )
  if (certificates.length === 0)
    report(pointer, 'needs "certificates": one with a "certFile" and a "keyFile", or a "pfxFile"')
  certificates.forEach(({ certFile, keyFile, pfxFile }, index) => {
    const place = `${pointer}/certificates/${index}`
    if ((certFile === undefined) === (pfxFile === undefined))
      report(place, 'needs either a "certFile" or a "pfxFile"')
    else if (pfxFile !== undefined && keyFile !== undefined)
      report(`${place}/keyFile`, 'is not needed beside a "pfxFile", which holds the key')
  })
}
