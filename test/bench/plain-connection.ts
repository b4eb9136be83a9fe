/** One client connection that costs as little as can be: one request at a time, answers with a Content-Length. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'

export class PlainConnection {
  /** Called for each answer with what was given to `send`, the status and the body, one byte a character. */
  onAnswer: (since: number, status: number, body: string) => void = () => undefined
  /** Called when the connection breaks while it is in use. */
  onFailure: (error: Error) => void = () => undefined
  readonly #socket: Socket
  readonly #request: Buffer
  #since = 0
  #received = ''

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<PlainConnection> {
    const { hostname, port, host, pathname } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    await once(socket, 'connect')
    const fields = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    return new PlainConnection(socket, Buffer.from(`GET ${pathname} HTTP/1.1\r\n${fields.join('')}\r\n`))
  }

  private constructor(socket: Socket, request: Buffer) {
    this.#socket = socket
    this.#request = request
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#read(text)
    })
    socket.on('error', (error) => {
      this.onFailure(error)
    })
    socket.on('close', () => {
      const when = this.#received === '' ? 'that was in use' : 'in the middle of an answer'
      this.onFailure(new Error(`The server closed a connection ${when}`))
    })
  }

  /** Sends the request; only when the one before has been answered. */
  send(since: number): void {
    this.#since = since
    this.#socket.write(this.#request)
  }

  close(): void {
    this.onFailure = () => undefined
    this.#socket.destroy()
  }

  #read(text: string): void {
    this.#received += text
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd === -1) return
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#received)
    if (!length) {
      this.onFailure(new Error(`The answer has no Content-Length:\n${this.#received}`))
      return
    }
    if (this.#received.length < headEnd + HEAD_END.length + Number(length[1])) return
    const status = Number(this.#received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
    const body = this.#received.slice(headEnd + HEAD_END.length)
    this.#received = ''
    this.onAnswer(this.#since, status, body)
  }
}
