/** Makes a server listen where an endpoint says: on a port, on a Unix socket, or on one that systemd has handed over. */
import { chmod, link, lstat, unlink } from 'node:fs/promises'
import { connect, type AddressInfo, type ListenOptions, type Server } from 'node:net'
import { handedOver } from './handed-over.js'
import type { Endpoint } from './endpoint.js'

/** The path of a Unix socket; undefined where the address is none. */
export const socketPath = (address: string): string | undefined =>
  address.startsWith('unix:') ? address.slice('unix:'.length) : undefined

/**
 * Resolves with the port that it really has, 0 where it has none.
 *
 * @param inherited - the handle of a socket that listens already, of a server whose place this one takes
 * @throws the system's error when it cannot be had.
 */
export const listenAt = async (server: Server, endpoint: Endpoint, inherited?: object): Promise<number> => {
  const path = socketPath(endpoint.address)
  // By another server's socket nobody is refused while the two change places.
  if (inherited) {
    await listen(server, inherited)
    if (path !== undefined) await chmod(path, modeOf(endpoint))
  } else if (path === undefined) await listen(server, optionsOf(endpoint))
  else await listenOnPath(server, path, modeOf(endpoint))
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Opens nothing: whether somebody listens there already. */
export const isListenedTo = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })

/** What a server that did not end in peace has left behind is put away; what is no socket is not touched. */
export const isStale = async (path: string): Promise<boolean> => {
  const found = await lstat(path).catch(() => null)
  return found !== null && found.isSocket() && !(await isListenedTo(path))
}

const optionsOf = ({ address, port }: Endpoint): ListenOptions & { fd?: number } => {
  if (address.startsWith('systemd:')) return { fd: handedOver.take(address.slice('systemd:'.length)) }
  return address === '*' ? { port } : { port, host: address }
}

const modeOf = ({ socketMode }: Endpoint): number => Number.parseInt(socketMode ?? '0660', 8)

/**
 * Node takes away the name that a socket was made with when it closes it, though another process may listen to it by then. So
 * it is made under another name, which is gone soon, and nobody but us removes its own.
 */
const listenOnPath = async (server: Server, path: string, mode: number): Promise<void> => {
  const made = `${path}.new`
  for (const name of [path, made]) if (await isStale(name)) await unlink(name)
  // Nobody may connect before the permissions are right, so they are so from the first moment.
  const before = setMask(0o777 & ~mode)
  const listening = listen(server, { path: made })
  setMask(before)
  await listening
  try {
    await chmod(made, mode)
    await link(made, path)
    await unlink(made)
  } catch (error) {
    server.close()
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw Object.assign(new Error(`${path} is there already`), { code: 'EADDRINUSE' })
  }
}

/** Undefined in a thread, which has no mask of its own. */
const setMask = (mask: number | undefined): number | undefined => {
  try {
    return mask === undefined ? undefined : process.umask(mask)
  } catch {
    return undefined
  }
}

const listen = (server: Server, options: object): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
