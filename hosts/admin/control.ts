/** Keeps the control service reachable while the server runs: the socket, HTTP on loopback if wanted, and the connections. */
import { existsSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { SHORTEST_TOKEN } from '../../core/control/address.js'
import type { EventLog, ServerConfig } from '../../core/index.js'
import type { ControlService } from './service.js'
import { giveName, openControlSocket, ServerRunsError, type OpenSocket } from './socket.js'
import type { Steered } from './steered.js'

export interface Control {
  /** The server is there: those who have connected already are served now. */
  serve(server: Steered): void
  /** Where its socket is; null where it has none. */
  readonly path: string | null
  /** Where its socket waits for the name of the server whose place this one takes; null where it need not. */
  readonly waits: { readonly from: string; readonly to: string } | null
  /** The server whose place this one takes has gone from there: opens what two cannot have at one time. */
  settle(): Promise<void>
  /** Accepts nobody any more, and gives the name of its socket to another server's. Who has asked is still answered. */
  release(name: { readonly from: string; readonly to: string } | null): void
  /** Ends all connections; what they have asked for goes on. */
  close(): Promise<void>
}

/** More connections than these are nobody's who means well. */
const MOST_CONNECTIONS = 64

/**
 * Opens the ways in. What cannot be opened is an event and no more: a server that cannot be steered serves nevertheless.
 *
 * @throws ServerRunsError where a living server has the socket of this configuration.
 */
export const openControl = async (
  config: ServerConfig,
  events: EventLog,
  predecessor?: { readonly control: string | null },
): Promise<Control> => {
  const listening: { close(): unknown }[] = []
  let socket: OpenSocket | null = null
  const open = new Set<Socket>()
  let steered: (server: Steered) => void = () => undefined
  const server = new Promise<Steered>((resolve) => (steered = resolve))
  let service: Promise<ControlService> | undefined
  let inUse: ControlService | undefined
  // Fastify's instance, its checks and their compiler are made for the first who asks: most servers are left alone for days.
  const made = async (): Promise<ControlService> => {
    const [{ createControlService }, known] = await Promise.all([import('./service.js'), server])
    return (inUse = await createControlService(known))
  }
  const accept = (socket: Socket, token?: string): void => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    ;(service ??= made()).then(
      (ready) => {
        if (token === undefined) ready.accept(socket)
        else ready.acceptStranger(socket, token)
      },
      (error: unknown) => {
        service = undefined
        warn(events, 'The control service could not be made', error)
        socket.destroy()
      },
    )
  }
  const attempt = async (what: string, action: () => Promise<Server>): Promise<void> => {
    try {
      const opened = await action()
      opened.maxConnections = MOST_CONNECTIONS
      // Steering alone is no reason for the process to stay.
      opened.unref()
      opened.on('error', (error) => {
        warn(events, `${what} failed`, error)
      })
      if (opened !== socket?.server) listening.push(opened)
    } catch (error) {
      if (error instanceof ServerRunsError) throw error
      warn(events, `${what} cannot be opened; the server serves, but cannot be steered by it`, error)
    }
  }
  const { control, file } = config
  const openSocket = (occupied: string | null): Promise<void> =>
    attempt('The control socket', async () => {
      socket = await openControlSocket(file, control.socket, accept, occupied)
      listening.push(socket)
      return socket.server
    })
  const openPort = async (): Promise<void> => {
    if (control.enabled && control.http.enabled)
      await attempt('Control by HTTP', () => openHttp(control.http, events, accept))
  }
  // A named pipe, and a port, have to be free before they can be had.
  const isLater = predecessor !== undefined && process.platform === 'win32'
  if (control.enabled && !isLater) await openSocket(predecessor?.control ?? null)
  if (!predecessor) await openPort()
  const opened = (): OpenSocket | null => socket
  const stopListening = (): void => {
    for (const one of listening.splice(0)) one.close()
  }
  return {
    get path() {
      return opened()?.path ?? null
    },
    get waits() {
      const now = opened()
      return now?.waitsAt ? { from: now.waitsAt, to: now.path } : null
    },
    async settle() {
      const now = opened()
      // The old one was killed before it could do that.
      if (now?.waitsAt && existsSync(now.waitsAt)) giveName(now.waitsAt, now.path)
      if (control.enabled && isLater) await openSocket(null)
      await openPort()
    },
    release(name) {
      stopListening()
      if (!name) return
      try {
        giveName(name.from, name.to)
      } catch (error) {
        warn(events, `The control socket of the new server has not got its name ${name.to}`, error)
      }
    },
    serve: (known) => {
      steered(known)
    },
    async close() {
      stopListening()
      for (const socket of open) socket.destroy()
      await inUse?.close()
    },
  }
}

const openHttp = async (
  { port, token, tokenFile }: ServerConfig['control']['http'],
  events: EventLog,
  accept: (socket: Socket, token: string) => void,
): Promise<Server> => {
  const secret = token ?? readFileSync(tokenFile ?? '', 'utf8').trim()
  if (secret.length < SHORTEST_TOKEN) {
    throw new Error(`the token in ${tokenFile ?? 'control.http'} has fewer than ${SHORTEST_TOKEN} characters`)
  }
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    accept(socket, secret)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: opened } = server.address() as AddressInfo
  const text = `The control service is on http://127.0.0.1:${opened}, for whoever shows the token.`
  events.write({ id: 0, level: 'info', source: 'WAS', text, facts: { port: opened } })
  return server
}

const warn = (events: EventLog, what: string, error: unknown): void => {
  const reason = error instanceof Error ? error.message : String(error)
  const facts = { error: error instanceof Error ? error.stack : reason }
  events.write({ id: 0, level: 'warning', source: 'WAS', text: `${what}: ${reason}.`, facts })
}
