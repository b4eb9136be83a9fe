/** Where a FastCGI application listens: a TCP port or a Unix socket. */
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { GatewayError } from '../gateway/gateway-error.js'

/** `127.0.0.1:9000`, `[::1]:9000`, `unix:/run/php-fpm.sock` or the path alone. */
export const parseAddress = (address: string): NetConnectOpts => {
  const path = address.startsWith('unix:') ? address.slice('unix:'.length) : address
  if (path.startsWith('/')) return { path }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(address) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host !== undefined && port > 0 && port < 65_536) return { host, port }
  throw new Error(`the address "${address}" is neither "host:port" nor "unix:/path/of/a.sock"`)
}

/** Milliseconds. */
const LONGEST_CONNECT = 10_000

/**
 * @param name - The address in words.
 * @throws GatewayError 502 that says why there is no connection.
 */
export const connectTo = (to: NetConnectOpts, name: string, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(to)
    const fail = (error: Error): void => {
      done()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const onError = ({ code, message }: NodeJS.ErrnoException): void => {
      fail(
        new GatewayError(
          502,
          `there is no connection to the FastCGI application at ${name} (${code ?? message}); does it run?`,
        ),
      )
    }
    const onAbort = (): void => {
      fail(new GatewayError(503, 'the client has gone'))
    }
    const timer = setTimeout(() => {
      fail(new GatewayError(504, `the FastCGI application at ${name} did not take a connection in time`))
    }, LONGEST_CONNECT)
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    signal.addEventListener('abort', onAbort)
    socket.once('error', onError)
    socket.once('connect', () => {
      done()
      resolve(socket)
    })
  })
