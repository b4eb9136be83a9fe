/** How a connection came in, where that was not simply by a port of plain HTTP/1: kept beside its socket until it is a connection. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '../../core/index.js'
import type { TlsFacts } from '../../core/contract/tls.js'

export interface Arrival {
  /** The socket under TLS; the same one without. */
  readonly transport: Socket
  readonly tls: TlsFacts | null
  /** What all of its requests are answered with. */
  readonly refusal: ErrorCode | null
}

const arrivals = new WeakMap<Duplex, Arrival>()

export const setArrival = (socket: Duplex, arrival: Arrival): void => {
  arrivals.set(socket, arrival)
}

export const arrivalOf = (socket: Duplex): Arrival | undefined => arrivals.get(socket)

/** Cuts a connection so that its client sees a reset; one that cannot be reset (a Unix socket) just closes. */
export const resetSocket = (socket: Socket): void => {
  const transport = arrivals.get(socket)?.transport ?? socket
  try {
    transport.resetAndDestroy()
  } catch {
    // Only TCP knows resets.
  }
  socket.destroy()
}

/** An IPv4 address that came in over an IPv6 socket is an IPv4 address. */
export const plainAddress = (address: string | undefined): string =>
  address === undefined ? '' : address.startsWith('::ffff:') ? address.slice(7) : address
