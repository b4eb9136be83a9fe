/** The listener processes of a test server, as the system sees them, and clients enough to reach all of them. */
import { readFileSync } from 'node:fs'
import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http'
import { becomes, openSockets } from './descriptors.js'
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

/** Whether a process has the socket that listens on this port. */
export const listensAt = (pid: number, port: number): boolean => {
  const listening = sockets().filter((one) => one.localPort === port && one.remotePort === 0)
  return openSockets(pid).some((name) => listening.some((one) => one.name === name))
}

interface NetworkSocket {
  readonly localPort: number
  /** 0 of one that listens. */
  readonly remotePort: number
  readonly name: string
}

const sockets = (): NetworkSocket[] =>
  ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n').slice(1))
    .map((line) => {
      // Number, local address, remote address, state, queues, timer, retransmits, user, timeout, inode.
      const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
      return { localPort: portOf(local), remotePort: portOf(remote), name: `socket:[${inode}]` }
    })

const portOf = (address: string): number => Number.parseInt(address.slice(address.indexOf(':') + 1), 16)

/** Clients whose connections this one of its processes has: the others are stopped while they are made. */
export const clientsAt = async (server: TestServer, pid: number, count: number): Promise<RawClient[]> => {
  const others = [server.process.pid ?? 0, ...listenersOf(server)].filter((one) => one !== pid)
  for (const other of others) process.kill(other, 'SIGSTOP')
  try {
    const clients = await Promise.all(Array.from({ length: count }, () => rawClient(server.port)))
    const ports = new Set(clients.map(({ socket }) => socket.localPort))
    await becomes(() => {
      const own = openSockets(pid)
      const accepted = sockets().filter(({ localPort, remotePort, name }) => {
        return localPort === server.port && ports.has(remotePort) && own.includes(name)
      })
      return accepted.length === count
    })
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
