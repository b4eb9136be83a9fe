/** Asks an https server as a client does that trusts one authority: by HTTP/1.1, with whatever name it likes. */
import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'

export interface Asked {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Common name of the server's certificate. */
  readonly shown: string
  readonly protocol: string
  readonly alpn: string | false
  readonly resumed: boolean
  readonly socket: TLSSocket
}

export interface Asking {
  readonly port: number
  readonly path?: string
  readonly method?: string
  readonly host?: string
  /** The name in the handshake; the host where left out, none where ''. */
  readonly servername?: string
  readonly headers?: Record<string, string>
  readonly [option: string]: unknown
}

export const askHttps = ({
  port,
  path = '/',
  host = 'localhost',
  servername,
  headers = {},
  ...more
}: Asking): Promise<Asked> =>
  new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path,
        servername: servername ?? host,
        headers: { host, ...headers },
        agent: false,
        rejectUnauthorized: false,
        ...more,
      },
      (response) => {
        const socket = response.socket as TLSSocket
        const facts = {
          shown: (socket.getPeerCertificate() as { subject?: { CN?: string } }).subject?.CN ?? '',
          protocol: socket.getProtocol() ?? '',
          alpn: socket.alpnProtocol as string | false,
          resumed: socket.isSessionReused(),
        }
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, socket, ...facts })
        })
        response.on('error', reject)
      },
    )
    asking.on('error', reject)
    asking.end()
  })
