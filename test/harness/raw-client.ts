/** Speaks HTTP/1 by hand: for what a client library would hide, such as a reset, a half-sent body or two requests at once. */
import { connect, type Socket } from 'node:net'

export interface RawClient {
  readonly socket: Socket
  send(text: string | Uint8Array): void
  /** Everything received so far, one byte a character. */
  received(): string
  /** What has come so far does not count any more. */
  forget(): void
  /** Resolves when what was received matches; rejects when the connection ends first. */
  until(pattern: RegExp): Promise<string>
  /** Resolves when the connection has ended: how, and with all that was received. */
  ended(): Promise<{ how: 'closed' | 'reset'; text: string }>
}

export const rawClient = (port: number): Promise<RawClient> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    let how: 'closed' | 'reset' | null = null
    const watchers = new Set<() => void>()
    const tell = (): void => {
      for (const watcher of [...watchers]) watcher()
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      tell()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error)
      how = 'reset'
    })
    socket.on('close', () => {
      how ??= 'closed'
      tell()
    })
    const wait = <T>(look: () => T | null, otherwise: () => Error): Promise<T> =>
      new Promise((settle, fail) => {
        const watcher = (): void => {
          const found = look()
          if (found === null && how === null) return
          watchers.delete(watcher)
          if (found !== null) settle(found)
          else fail(otherwise())
        }
        watchers.add(watcher)
        watcher()
      })
    socket.once('connect', () => {
      resolve({
        socket,
        send: (bytes) => {
          socket.write(bytes)
        },
        received: () => text,
        forget: () => {
          text = ''
        },
        until: (pattern) =>
          wait(
            () => (pattern.test(text) ? text : null),
            () => new Error(`The connection ended before ${String(pattern)}: ${text}`),
          ),
        ended: () =>
          wait(
            () => (how === null ? null : { how, text }),
            () => new Error('unreachable'),
          ),
      })
    })
  })

/** A GET as bytes. */
export const get = (path: string, headers: Record<string, string> = {}): string =>
  `GET ${path} HTTP/1.1\r\n${Object.entries({ Host: 'test', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
