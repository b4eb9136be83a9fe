/** One process of a program: started, watched until it listens, started again when it ends. */
import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isWell } from '../proxy/health.js'
import { FORWARD_DEFAULTS } from '../proxy/options.js'
import { Upstream } from '../proxy/servers.js'
import { startGuarded, type Guarded } from './guarded.js'
import type { ProgramOptions } from './options.js'
import { fill, findPlace, listens, type Place } from './place.js'

const MINUTE = 60_000

export class Supervised {
  /** Where it answers; undefined while it does not. */
  server: Upstream | undefined
  /** It has ended too often, or could not be started: nobody tries again. */
  failed: Error | undefined
  private readonly options: ProgramOptions
  private readonly folder: string
  private readonly environment: NodeJS.ProcessEnv
  private readonly say: (text: string) => void
  private ends: number[] = []
  private running: Guarded | undefined
  private closing = false

  constructor(
    options: ProgramOptions,
    folder: string,
    environment: NodeJS.ProcessEnv,
    say: (text: string) => void,
  ) {
    this.say = say
    this.options = options
    this.folder = folder
    this.environment = environment
  }

  /** @throws Error that says why it is not ready, when it has been tried often enough. */
  async start(): Promise<void> {
    for (let left = this.options.startupRetryCount; ; left--) {
      try {
        await this.startOnce()
        return
      } catch (error) {
        if (this.closing) return
        const tooOften = this.endedTooOften()
        if (left > 0 && !tooOften) continue
        this.failed = error as Error
        throw error
      }
    }
  }

  async close(deadline: number): Promise<void> {
    this.closing = true
    const { running } = this
    if (running?.child.exitCode !== null || running.child.signalCode !== null) return
    const ended = new Promise((resolve) => running.child.once('exit', resolve))
    running.signal('SIGTERM')
    const timer = setTimeout(
      () => {
        running.signal('SIGKILL')
      },
      Math.max(0, deadline - Date.now() - 200),
    )
    await ended
    clearTimeout(timer)
  }

  private async startOnce(): Promise<void> {
    const { command, environment, requestTimeout } = this.options
    const all = [...command, ...Object.values(environment)]
    const place = await findPlace(all.some((text) => text.includes('%SOCKET%')))
    if (this.closing) return
    const running = this.spawn(place)
    this.running = running
    const server = new Upstream(place.url, 1, { ...FORWARD_DEFAULTS, requestTimeout })
    running.child.once('exit', (code, signal) => {
      this.server = undefined
      void server.pool.destroy()
      void rm(place.socket, { force: true })
      this.ended(server.well && ready, signal ?? `exit code ${String(code)}`)
    })
    let ready = false
    const until = Date.now() + this.options.startupTimeLimit
    while (!(await this.answers(place, server))) {
      const { exitCode, signalCode } = running.child
      if (running.child.pid === undefined)
        throw new Error(`${command[0] ?? ''} could not be started in ${this.folder}`)
      if (exitCode !== null || signalCode !== null) throw this.endedEarly(exitCode, signalCode)
      if (Date.now() > until) {
        running.signal('SIGKILL')
        throw new Error(
          `${command[0] ?? ''} does not listen on ${place.url} after ${this.options.startupTimeLimit} ms (startupTimeLimit)`,
        )
      }
      await delay(20)
    }
    ready = true
    this.server = server
  }

  private spawn(place: Place): Guarded {
    const { command, environment, stdoutLogEnabled, stdoutLogFile } = this.options
    const own = Object.entries(environment).map(([name, value]) => [name, fill(value, place)])
    const env = {
      ...this.environment,
      PORT: String(place.port),
      HTTP_PLATFORM_PORT: String(place.port),
      ...(Object.fromEntries(own) as Record<string, string>),
    }
    const log = stdoutLogEnabled ? openSync(resolve(this.folder, stdoutLogFile), 'a') : undefined
    const filled = command.map((text) => fill(text, place))
    const running = startGuarded(filled, this.folder, env, log ?? 'pipe')
    if (log !== undefined) closeSync(log)
    running.child.once('error', () => undefined)
    running.child.stdout?.on('data', (chunk: Buffer) => process.stdout.write(chunk))
    running.child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk))
    return running
  }

  private async answers(place: Place, server: Upstream): Promise<boolean> {
    if (!(await listens(place))) return false
    const { healthPath, startupTimeLimit } = this.options
    return healthPath === undefined || isWell(server, { path: healthPath, timeout: startupTimeLimit })
  }

  private endedEarly(code: number | null, signal: string | null): Error {
    const name = this.options.command[0] ?? ''
    if (code === 127)
      return new Error(
        `${name} was not found; name a program in command that is there (PATH, or below ${this.folder})`,
      )
    if (code === 126) return new Error(`${name} may not be executed`)
    return new Error(`${name} ended (${signal ?? `exit code ${String(code)}`}) before it listened on %PORT%`)
  }

  /** It was ready once: it is started again, unless that happens too often. */
  private ended(wasReady: boolean, how: string): void {
    this.ends.push(Date.now())
    if (this.closing || !wasReady) return
    this.say(`${this.options.command[0] ?? ''} has ended (${how})`)
    if (this.endedTooOften()) {
      this.failed = new Error(`it ended ${this.ends.length} times within a minute (rapidFailsPerMinute)`)
      this.say(`${this.options.command[0] ?? ''} is not started again: ${this.failed.message}`)
      return
    }
    this.start().catch((error: unknown) => {
      this.say(`${this.options.command[0] ?? ''} is not started again: ${(error as Error).message}`)
    })
  }

  private endedTooOften(): boolean {
    this.ends = this.ends.filter((when) => when > Date.now() - MINUTE)
    return this.ends.length >= this.options.rapidFailsPerMinute
  }
}
