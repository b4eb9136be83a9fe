/** A running server whose configuration file a test changes, and clients that would notice. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { get, rawClient, type RawClient } from './raw-client.js'
import { startServer, type TestServer } from './server.js'

/** Says who it is; streams for as long as one likes; dies at its start if it is told to. */
const APPLICATION = `
if (process.env.BROKEN === 'yes') process.exit(7)
export default (request, response) => {
  if (request.url === '/endless') {
    response.write('begun ')
    process.downloads ??= []
    process.downloads.push(response)
    return
  }
  if (request.url === '/finish') {
    for (const download of process.downloads ?? []) download.end('done')
    return response.end('finished')
  }
  if (request.url === '/slow') return void setTimeout(() => response.end('slow'), 300)
  response.end([process.env.POOL, process.env.WHO, request.url].join(' '))
}
`

/** Says back what it hears. */
const ECHO = `
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
const server = createServer()
new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
server.listen(process.env.PORT)
`
const FILES = { 'app.mjs': APPLICATION, 'echo.mjs': ECHO }

export interface Configured {
  sites: Record<string, unknown>[]
  applicationPools: Record<string, unknown>[]
  [key: string]: unknown
}

export const pool = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  environmentVariables: { POOL: name, ...(more.environmentVariables as object | undefined) },
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'environmentVariables')),
})

export const site = (
  name: string,
  host: string,
  applicationPool: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  name,
  bindings: [{ protocol: 'http', bindingInformation: `127.0.0.1:0:${host}` }],
  applications: [{ path: '/', applicationPool, module: './app.mjs' }],
  ...more,
})

export type Write = (file: string, text: string) => Promise<void>

const SAID = /has changed and is (?:in force|refused)[^\n]*/

/** A running server whose file can be changed. */
export class Live {
  readonly server: TestServer
  readonly config: Configured
  private changes = 0

  constructor(server: TestServer, config: Configured) {
    this.server = server
    this.config = config
  }

  get file(): string {
    return join(this.server.folder, 'applicationHost.json')
  }

  /** Writes the file as it is now, and resolves when the server has said what became of it. */
  async change(action: (config: Configured) => void, write: Write = writeFile): Promise<string> {
    action(this.config)
    return this.write(JSON.stringify(this.config, null, 2), write)
  }

  async write(text: string, write: Write = writeFile): Promise<string> {
    this.changes = [...this.server.output().matchAll(new RegExp(SAID, 'g'))].length
    await write(this.file, text)
    return this.told()
  }

  /** What the server says of the change after the last one that was told, or written. */
  async told(): Promise<string> {
    const [said] = await this.server.printed(SAID, ++this.changes)
    return said
  }
}

export const start = async (config: Configured, files: Record<string, string> = FILES): Promise<Live> =>
  new Live(await startServer(config, files), structuredClone(config))

/** A keep-alive client that always uses the same socket. */
export class Client {
  private readonly raw: RawClient
  private answers = 0

  constructor(raw: RawClient) {
    this.raw = raw
  }

  static async at(port: number): Promise<Client> {
    return new Client(await rawClient(port))
  }

  /** The status and the body of an answer that ends with the request's URL. */
  async ask(host: string): Promise<string> {
    const query = `?${++this.answers}`
    this.raw.send(get(`/${query}`, { Host: host }))
    const text = await this.raw.until(new RegExp(`\\${query}$|HTTP/1.1 (?!200)`))
    const last = text.slice(text.lastIndexOf('HTTP/1.1 '))
    const body = last.slice(last.indexOf('\r\n\r\n') + 4)
    return `${last.slice(9, 12)} ${body.replace(query, '')}`
  }

  end(): void {
    this.raw.socket.destroy()
  }
}

export const ask = async (port: number, host: string, path = '/'): Promise<string> => {
  const client = await rawClient(port)
  client.send(get(path, { Host: host, Connection: 'close' }))
  const { text } = await client.ended()
  return `${text.slice(9, 12)} ${text.slice(text.indexOf('\r\n\r\n') + 4)}`
}
