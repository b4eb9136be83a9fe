/** Opens the socket of the control service so that only our own user can reach it, and finds out who holds it already. */
import { once } from 'node:events'
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import {
  controlFolders,
  controlPipe,
  controlSocketIn,
  isPrivate,
  LONGEST_SOCKET,
} from '../../core/control/address.js'

/** Another server serves this configuration. */
export class ServerRunsError extends Error {
  constructor(file: string) {
    super(
      `a server runs with ${file} already; "webgarden status" shows it, and "webgarden start" with another file starts a second one`,
    )
    this.name = 'ServerRunsError'
  }
}

/** A control socket that accepts. */
export interface OpenSocket {
  readonly server: Server
  /** The name that clients know. */
  readonly path: string
  /** The name that it has until the server whose place it takes has left `path`. */
  readonly waitsAt: string | null
  /** Accepts no more, and is gone by whatever name; another server's socket is left where it is. */
  close(): void
}

/**
 * Connections come paused: whoever takes them resumes them.
 *
 * @param occupied - where the socket of the server is whose place is taken: the new one waits beside it
 */
export const openControlSocket = async (
  file: string,
  configured: string | undefined,
  onConnection: (socket: Socket) => void,
  occupied: string | null = null,
): Promise<OpenSocket> => {
  const path = configured ?? placeFor(file)
  if (Buffer.byteLength(path) > LONGEST_SOCKET && process.platform !== 'win32') {
    throw new Error(
      `the name of the socket is longer than ${LONGEST_SOCKET} bytes: ${path}; set a shorter control.socket`,
    )
  }
  const server = createServer({ pauseOnConnect: true }, onConnection)
  if (path === occupied && process.platform !== 'win32') {
    const waitsAt = beside(path)
    rmSync(waitsAt, { force: true })
    await listenPrivately(server, waitsAt)
    const { ino } = lstatSync(waitsAt)
    const close = (): void => {
      // Node takes away the name that it was opened under, which it has left.
      server.close()
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true })
    }
    return { server, path, waitsAt, close }
  }
  try {
    await listenPrivately(server, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (await answers(path)) throw new ServerRunsError(file)
    // Its server was killed: the name is all that is left.
    unlinkSync(path)
    await listenPrivately(server, path)
  }
  const close = (): void => {
    if (!server.listening) return
    server.close()
  }
  return { server, path, waitsAt: null, close }
}

/** The socket of another server takes the name of this one, in one step for whoever looks. */
export const giveName = (from: string, to: string): void => {
  renameSync(from, to)
}

/**
 * A name in the same folder, no longer than this one, and another one for each process: node takes away the name that a socket
 * was opened under when it is closed, whoever has it by then.
 */
const beside = (path: string): string =>
  path.slice(0, -4) + `~${(process.pid % 46_656).toString(36).padStart(3, '0')}`

/** The first of the user's folders that is there, or can be made. */
const placeFor = (file: string): string => {
  if (process.platform === 'win32') return controlPipe(file)
  const reasons: string[] = []
  for (const folder of controlFolders()) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      if (isPrivate(folder)) return controlSocketIn(folder, file)
      reasons.push(`${folder} is not this user's alone`)
    } catch (error) {
      reasons.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(`no folder for the socket (${reasons.join('; ')}); set control.socket`)
}

/** The socket is made with the mode that it shall have: there is no moment in which others could open it. */
const listenPrivately = async (server: Server, path: string): Promise<void> => {
  if (process.platform === 'win32') {
    server.listen(path)
    await once(server, 'listening')
    return
  }
  const before = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
  chmodSync(path, 0o600)
}

/** Whether somebody listens there. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
