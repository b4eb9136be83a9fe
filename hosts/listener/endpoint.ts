/** A place at which the listener can be reached. */

/** Where to listen: `*` stands for all addresses of the machine, port 0 for any free one; `unix:/path`, `systemd:name`. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  /** Plain HTTP/2 is spoken here too. */
  readonly http2?: boolean
  /** Each connection begins with a header of the PROXY protocol. */
  readonly proxyProtocol?: boolean
  /** Permissions of a Unix socket, octal. */
  readonly socketMode?: string
}

/** What has no address in the network goes by the name that its binding has; null for all others. */
export const nameOf = ({ address }: Endpoint, port: number): string | null =>
  address.startsWith('unix:') || (address.startsWith('systemd:') && port === 0) ? address : null
