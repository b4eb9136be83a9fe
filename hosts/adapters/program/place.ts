/** Where a program is to listen: a free port of this machine, or a Unix socket, as its command asks for. */
import { randomBytes } from 'node:crypto'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Place {
  readonly port: number
  readonly socket: string
  readonly url: string
}

export const findPlace = async (usesSocket: boolean): Promise<Place> => {
  const socket = join(tmpdir(), `webgarden-${randomBytes(6).toString('hex')}.sock`)
  const port = usesSocket ? 0 : await freePort()
  return { port, socket, url: usesSocket ? `unix:${socket}` : `http://127.0.0.1:${port}` }
}

export const fill = (text: string, { port, socket }: Place): string =>
  text.replace(/%(?:HTTP_PLATFORM_)?PORT%/g, String(port)).replaceAll('%SOCKET%', socket)

/** Whether somebody listens there. */
export const listens = ({ port, socket, url }: Place): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(url.startsWith('unix:') ? { path: socket } : { host: '127.0.0.1', port })
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => {
      resolve(false)
    })
  })

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => {
        resolve(port)
      })
    })
  })
