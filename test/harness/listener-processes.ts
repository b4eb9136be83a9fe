/** The listener processes of a test server, as the system sees them, and clients enough to reach all of them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http'
import { becomes } from './descriptors.js'
import { rawClient, type RawClient } from './raw-client.js'
import type { TestServer } from './server.js'

/** Process ids of its listener processes. */
export const listenersOf = ({ process }: { process: { pid?: number | undefined } }): number[] => {
  const pid = String(process.pid ?? 0)
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(
      (child) =>
        child !== '' && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('webgarden listener'),
    )
    .map(Number)
}

/** Sockets that a process has open. */
export const socketsOf = (pid: number): number => {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:')
    } catch {
      // Closed since it was listed.
      return false
    }
  }).length
}

/** Clients whose connections this one of its processes has: the others are stopped while they are made. */
export const clientsAt = async (server: TestServer, pid: number, count: number): Promise<RawClient[]> => {
  const others = [server.process.pid ?? 0, ...listenersOf(server)].filter((one) => one !== pid)
  const before = socketsOf(pid)
  for (const other of others) process.kill(other, 'SIGSTOP')
  try {
    const clients = await Promise.all(Array.from({ length: count }, () => rawClient(server.port)))
    await becomes(() => socketsOf(pid) >= before + count)
    return clients
  } finally {
    for (const other of others) process.kill(other, 'SIGCONT')
  }
}

/** Some at each of two listeners: at the server's own, and at the process. */
export const clientsAtBoth = async (
  server: TestServer,
  count: number,
): Promise<{ own: RawClient[]; beside: RawClient[]; all: RawClient[] }> => {
  const [listener = 0] = listenersOf(server)
  const own = await clientsAt(server, server.process.pid ?? 0, count)
  const beside = await clientsAt(server, listener, count)
  return { own, beside, all: [...own, ...beside] }
}

/** What each of them is answered, head and body; all are asked at once. */
export const answersTo = async (
  clients: readonly RawClient[],
  request: string,
  whole: RegExp,
): Promise<string[]> =>
  Promise.all(
    clients.map(async (client) => {
      client.forget()
      client.send(request)
      return client.until(whole)
    }),
  )

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** Clients that keep their connections; asked all at once, each uses its own. */
export class Clients {
  readonly port: number
  private readonly count: number
  private readonly agent: Agent

  constructor(port: number, count: number) {
    this.port = port
    this.count = count
    this.agent = new Agent({ keepAlive: true, maxSockets: count, maxFreeSockets: count })
  }

  ask(options: RequestOptions, body?: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: this.port, agent: this.agent, ...options },
        (response) => {
          read(response).then((whole) => {
            resolve({ status: response.statusCode ?? 0, body: whole })
          }, reject)
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** The bodies of what each of them is answered. */
  async askAll(
    path: string,
    method = 'GET',
    body?: Buffer,
    headers: Record<string, string> = {},
  ): Promise<Buffer[]> {
    const asked = Array.from({ length: this.count }, () => this.ask({ path, method, headers }, body))
    return (await Promise.all(asked)).map((answer) => answer.body)
  }

  end(): void {
    this.agent.destroy()
  }
}

const read = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
