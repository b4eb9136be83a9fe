/** One process of a FastCGI program, which finds a listening socket as its standard input (FastCGI 1.0, section 2.2). */
import { spawn, type ChildProcess } from 'node:child_process'
import { rename } from 'node:fs/promises'
import { createServer, type AddressInfo, type NetConnectOpts, type Server } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { childGroups } from '../gateway/child-groups.js'
import { GatewayError } from '../gateway/gateway-error.js'
import { Lines } from '../gateway/reports.js'
import { connectTo } from './address.js'
import { Connection } from './connection.js'
import { getValues } from './records.js'

export interface InstanceOptions {
  readonly number: number
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Folder for its socket; undefined for a TCP port. */
  readonly socketFolder: string | undefined
  readonly printed: (line: string) => void
  /** Called once. */
  readonly ended: (instance: Instance, how: string, well: boolean) => void
}

export class Instance {
  readonly number: number
  private readonly child: ChildProcess
  private readonly to: NetConnectOpts
  /** Requests that it has had. */
  served = 0
  /** Whether it is to end, so that its end is none of its faults. */
  leaving = false
  /** To be replaced when it has answered. */
  outdated = false
  exited = false
  connection: Connection | null = null
  private killTimer: NodeJS.Timeout | undefined

  private constructor(options: InstanceOptions, child: ChildProcess, to: NetConnectOpts) {
    this.number = options.number
    this.child = child
    this.to = to
    const lines = new Lines(options.printed)
    for (const stream of [child.stdout, child.stderr] as (Readable | null)[])
      stream?.on('data', (chunk: Buffer) => {
        lines.push(chunk)
      })
    child.once('exit', (code, signal) => {
      this.exited = true
      clearTimeout(this.killTimer)
      if (child.pid !== undefined) childGroups.bury(child.pid)
      lines.end()
      this.connection?.destroy()
      options.ended(this, signal === null ? `exit code ${code ?? ''}` : `signal ${signal}`, code === 0)
    })
  }

  get pid(): number | undefined {
    return this.child.pid
  }

  /** @throws GatewayError when it cannot be started. */
  static async start(options: InstanceOptions): Promise<Instance> {
    const { program, args, env, cwd } = options
    const { server, to } = await listen(options)
    let child: ChildProcess
    try {
      child = spawn(program, [...args], {
        stdio: [descriptorOf(server), 'pipe', 'pipe'],
        env,
        cwd,
        detached: process.platform !== 'win32',
      })
    } finally {
      // The program has the socket now, and clients may come at once: they wait in it. Here nobody may take them.
      server.close()
    }
    if (child.pid === undefined) {
      const error = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve))
      throw new GatewayError(502, `${program} could not be started: ${error.code ?? error.message}`)
    }
    child.on('error', () => undefined)
    childGroups.guard(child.pid)
    return new Instance(options, child, to)
  }

  async connect(signal: AbortSignal): Promise<Connection> {
    return new Connection(await connectTo(this.to, `instance ${this.number}`, signal))
  }

  /** Resolves when it waits for requests again, or has ended: whoever waits answers a question, or closes. */
  async waits(longest: number): Promise<boolean> {
    const gaveUp = AbortSignal.timeout(Math.max(1, longest))
    try {
      const socket = await connectTo(this.to, `instance ${this.number}`, gaveUp)
      socket.on('error', () => undefined)
      const heard = new Promise<boolean>((resolve) => {
        const done = (): void => {
          resolve(!gaveUp.aborted)
        }
        socket.once('data', done)
        socket.once('end', done)
        socket.once('close', done)
        gaveUp.addEventListener('abort', done)
      })
      socket.write(getValues())
      const answered = await heard
      socket.destroy()
      return answered && !this.exited
    } catch {
      return false
    }
  }

  /** @param grace - milliseconds between SIGTERM and SIGKILL; 0 kills at once */
  end(grace: number): void {
    const { pid } = this
    this.leaving = true
    if (this.exited || pid === undefined) return
    childGroups.signal(pid, grace > 0 ? 'SIGTERM' : 'SIGKILL')
    if (grace > 0)
      this.killTimer = setTimeout(() => {
        childGroups.signal(pid, 'SIGKILL')
      }, grace)
  }

  /** Resolves when its process has ended. */
  async gone(): Promise<void> {
    if (!this.exited) await new Promise((resolve) => this.child.once('exit', resolve))
  }
}

const BACKLOG = 16

const listen = async ({
  number,
  socketFolder,
}: InstanceOptions): Promise<{ server: Server; to: NetConnectOpts }> => {
  const server = createServer()
  const path = socketFolder === undefined ? '' : join(socketFolder, String(number))
  // Closing it here will remove its name; under another one it stays.
  const first = `${path}.new`
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', resolve)
    server.listen(
      socketFolder === undefined
        ? { host: '127.0.0.1', port: 0, backlog: BACKLOG, exclusive: true }
        : { path: first, backlog: BACKLOG, exclusive: true },
    )
  })
  if (socketFolder === undefined)
    return { server, to: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } }
  await rename(first, path)
  return { server, to: { path } }
}

/** Node passes descriptors on, but tells that of a listening socket only here. */
const descriptorOf = (server: Server): number => {
  const fd = (server as Server & { _handle?: { fd?: number } | null })._handle?.fd
  if (fd === undefined || fd < 0)
    throw new GatewayError(500, 'this system gives no socket to another program; use an address instead')
  return fd
}
