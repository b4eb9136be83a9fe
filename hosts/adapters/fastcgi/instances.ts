/** A pool of processes of a FastCGI program: started by demand, one request at a time each, replaced when they fail. */
import { mkdtemp, rm } from 'node:fs/promises'
import { unlinkSync, unwatchFile, watchFile } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../gateway/gateway-error.js'
import type { Reports } from '../gateway/reports.js'
import type { Connection } from './connection.js'
import type { Outcome } from './exchange.js'
import { Instance } from './instance.js'
import type { FastCgiOptions } from './options.js'
import type { Lease, Servers } from './servers.js'

const MINUTE = 60_000
const WATCH_INTERVAL = 1_000

/** Milliseconds in which the end of a process follows that of its connection, if it does. */
const EXIT_FOLLOWS = 250

export interface InstancesOptions {
  readonly options: FastCgiOptions
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
}

/** Whoever leases sees to it that no more than `maxInstances` are leased at a time. */
export class Instances implements Servers {
  private readonly options: FastCgiOptions
  private readonly env: NodeJS.ProcessEnv
  private readonly cwd: string
  private readonly reports: Reports
  private readonly all = new Set<Instance>()
  /** The one that was used last comes last. */
  private readonly idle = new Map<Instance, NodeJS.Timeout>()
  /** When instances have failed. */
  private failures: number[] = []
  private toldOfFailures = false
  private started = 0
  private folder: Promise<string> | null = null
  private closing = false

  constructor({ options, env, cwd }: InstancesOptions, reports: Reports) {
    this.options = options
    this.env = env
    this.cwd = cwd
    this.reports = reports
    if (options.monitorChangesTo !== '')
      watchFile(options.monitorChangesTo, { interval: WATCH_INTERVAL, persistent: false }, this.changed)
  }

  async lease(signal: AbortSignal): Promise<Lease> {
    const instance = this.takeIdle() ?? (await this.start())
    instance.served++
    try {
      if (instance.connection === null || instance.connection.closed)
        instance.connection = await instance.connect(signal)
    } catch (error) {
      await this.release(instance, null, 'aborted')
      throw error
    }
    const { connection } = instance
    connection.wake()
    return { connection, release: (outcome) => this.release(instance, connection, outcome) }
  }

  async close(): Promise<void> {
    this.closing = true
    if (this.options.monitorChangesTo !== '') unwatchFile(this.options.monitorChangesTo, this.changed)
    const ends = [...this.all].map((instance) => instance.gone())
    for (const instance of [...this.all]) this.end(instance)
    await Promise.all(ends)
    if (this.folder) await rm(await this.folder, { recursive: true, force: true })
  }

  private takeIdle(): Instance | undefined {
    const instance = [...this.idle.keys()].at(-1)
    if (!instance) return undefined
    clearTimeout(this.idle.get(instance))
    this.idle.delete(instance)
    return instance
  }

  private async start(): Promise<Instance> {
    this.refuseAfterFailures()
    const { fullPath, protocol } = this.options
    const pipes = protocol === 'NamedPipe'
    const socketFolder = pipes
      ? await (this.folder ??= mkdtemp(join(tmpdir(), 'webgarden-fastcgi-')))
      : undefined
    const name = basename(fullPath)
    const number = ++this.started
    try {
      const instance = await Instance.start({
        number,
        program: fullPath,
        args: this.options.arguments,
        // Others on this machine could speak to a port.
        env: pipes ? this.env : { ...this.env, FCGI_WEB_SERVER_ADDRS: '127.0.0.1' },
        cwd: this.cwd,
        socketFolder,
        printed: (line) => {
          this.reports.printed(name, line)
        },
        ended: (one, how, well) => {
          if (socketFolder !== undefined) removeName(join(socketFolder, String(number)))
          this.ended(one, how, well)
        },
      })
      this.all.add(instance)
      return instance
    } catch (error) {
      this.failed()
      throw error
    }
  }

  private async release(
    instance: Instance,
    connection: Connection | null,
    outcome: Outcome,
  ): Promise<boolean> {
    if (outcome !== 'complete') {
      instance.connection = null
      connection?.destroy()
    }
    if (outcome === 'terminate') this.end(instance)
    else if (outcome === 'stale' || outcome === 'broken')
      await Promise.race([instance.gone(), delay(EXIT_FOLLOWS)])
    else if (
      outcome === 'aborted' &&
      !(await instance.waits(this.options.requestTimeout)) &&
      !instance.exited
    ) {
      this.reports.failed(
        `instance ${instance.number} went on with a request that nobody waits for, and is ended`,
      )
      this.end(instance)
    }
    if (instance.exited || instance.leaving) return false
    if (instance.outdated || instance.served >= this.options.instanceMaxRequests || this.closing) {
      this.end(instance)
      return true
    }
    instance.connection?.rest()
    const idleEnd = setTimeout(() => {
      this.end(instance)
    }, this.options.idleTimeout)
    this.idle.set(instance, idleEnd.unref())
    return true
  }

  private end(instance: Instance): void {
    clearTimeout(this.idle.get(instance))
    this.idle.delete(instance)
    this.all.delete(instance)
    instance.end(this.options.signalBeforeTerminateSeconds * 1000)
  }

  private ended(instance: Instance, how: string, well: boolean): void {
    const wasIdle = this.idle.has(instance)
    clearTimeout(this.idle.get(instance))
    this.idle.delete(instance)
    this.all.delete(instance)
    if (instance.leaving || (wasIdle && well)) return
    this.failed()
    this.reports.failed(
      `instance ${instance.number} of ${basename(this.options.fullPath)} ended with ${how}; ` +
        `${wasIdle ? 'it was idle' : 'it had a request'}, and will be replaced`,
      { pid: instance.pid },
    )
  }

  private failed(): void {
    this.failures.push(performance.now())
  }

  /** @throws GatewayError 503 while too many have failed within the last minute. */
  private refuseAfterFailures(): void {
    const { rapidFailsPerMinute } = this.options
    const minuteAgo = performance.now() - MINUTE
    this.failures = this.failures.filter((when) => when > minuteAgo)
    if (this.failures.length < rapidFailsPerMinute) {
      this.toldOfFailures = false
      return
    }
    const text = `${this.failures.length} instances failed within a minute (rapidFailsPerMinute)`
    if (!this.toldOfFailures) this.reports.failed(`${text}; none is started until that minute is over`)
    this.toldOfFailures = true
    throw new GatewayError(503, text)
  }

  /** Those that are idle end now, the others when they have answered. */
  private readonly changed = (): void => {
    for (const instance of [...this.all]) {
      if (this.idle.has(instance)) this.end(instance)
      else instance.outdated = true
    }
  }
}

/** At once: when a worker drains, nothing may be left to do after the end of its last instance. */
const removeName = (path: string): void => {
  try {
    unlinkSync(path)
  } catch {
    // The folder has gone already.
  }
}
