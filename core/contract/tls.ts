/** What is known of a connection's TLS: told to the worker with the connection, and asked by the access rules. */
export interface TlsFacts {
  /** `TLSv1.3` */
  readonly protocol: string
  readonly cipher: { readonly name: string; readonly standardName: string; readonly version: string }
  /** The host that the client has named (SNI); '' where it named none. */
  readonly servername: string
  /** `h2`, `http/1.1`, or '' where the client asked for nothing. */
  readonly alpnProtocol: string
  /** The client was asked for a certificate. */
  readonly asked: boolean
  /** DER, as base64; '' where it has shown none. */
  readonly certificate: string
  /** OpenSSL's word for what is wrong with it, such as `CERT_HAS_EXPIRED`; '' where it is in order. */
  readonly problem: string
}
