/** Runs a script as a process of its own for each request (RFC 3875), and ends it with the request. */
import { spawn, type ChildProcess } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { Readable } from 'node:stream'
import { childGroups } from '../gateway/child-groups.js'
import { Gate } from '../gateway/gate.js'
import type { Job, RunScript } from '../gateway/gateway.js'
import { GatewayError } from '../gateway/gateway-error.js'
import { Lines, type Reports } from '../gateway/reports.js'
import type { CgiOptions } from './options.js'

/** Of the server's own environment a script gets these; the rest is nothing to it. */
const PASSED_ON = [
  'PATH',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'SystemRoot',
  'WEBGARDEN_WORKER',
]

/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE = 1_000

export const processRunner = (
  options: CgiOptions,
  environment: Readonly<Record<string, string>>,
  reports: Reports,
): RunScript => {
  const { maxProcesses: atATime, queueLength, queueTimeout: longestWait } = options
  const gate = new Gate({ atATime, queueLength, longestWait })
  const common: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = process.env[name]
    if (value !== undefined) common[name] = value
  }
  Object.assign(common, environment)
  return async (job) => {
    const line = await commandFor(job.script.file, options.interpreters)
    await gate.enter(job.signal)
    const run = new Run(job, options.timeout, reports, () => {
      gate.leave()
    })
    return run.start(line, { ...common, ...job.variables })
  }
}

const commandFor = async (
  file: string,
  interpreters: CgiOptions['interpreters'],
): Promise<readonly string[]> => {
  const program = interpreters[extname(file)] ?? interpreters[extname(file).toLowerCase()]
  if (program !== undefined) return [...(typeof program === 'string' ? [program] : program), file]
  const executable = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (executable) return [file]
  throw new GatewayError(
    500,
    `${file} is not executable; make it so (chmod +x), or name a program for "${extname(file)}" in interpreters`,
  )
}

class Run {
  private readonly job: Job
  private readonly timeout: number
  private readonly reports: Reports
  private readonly over: () => void
  private readonly output: Readable
  private child: ChildProcess | null = null
  private exited = false
  /** Its standard output has ended: it may still clean up. */
  private saidAll = false
  private stopping = false
  private closed = false
  private timers: NodeJS.Timeout[] = []

  constructor(job: Job, timeout: number, reports: Reports, over: () => void) {
    this.job = job
    this.timeout = timeout
    this.reports = reports
    this.over = over
    this.output = new Readable({
      read: () => {
        this.child?.stdout?.resume()
      },
      destroy: (error, callback) => {
        if (!this.saidAll) this.stop()
        callback(error)
      },
    })
  }

  start([command = '', ...args]: readonly string[], env: Record<string, string>): Readable {
    const { job, output } = this
    const onError = (error: NodeJS.ErrnoException): void => {
      output.destroy(
        new GatewayError(
          502,
          `${command} could not be started: ${error.code ?? error.message}${hintFor(error)}`,
        ),
      )
      this.finish()
    }
    if (job.signal.aborted) {
      this.finish()
      throw new GatewayError(503, 'the client has gone')
    }
    let child: ChildProcess
    try {
      // Leader of a group, so that one signal reaches whatever it starts.
      child = spawn(command, args, {
        cwd: dirname(job.script.file),
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
        windowsHide: true,
      })
    } catch (error) {
      // Too long an environment, say.
      onError(error as NodeJS.ErrnoException)
      return output
    }
    this.child = child
    child.once('error', (error) => {
      if (child.pid === undefined) onError(error)
    })
    if (child.pid === undefined) return output
    childGroups.guard(child.pid)
    this.connect(child)
    this.timers.push(
      setTimeout(() => {
        output.destroy(
          new GatewayError(502, `it took longer than ${this.timeout / 1000} s (timeout), and was killed`),
        )
        this.stop()
      }, this.timeout),
    )
    job.signal.addEventListener('abort', this.aborted, { once: true })
    return output
  }

  private connect(child: ChildProcess): void {
    const { job, output } = this
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!output.push(chunk)) child.stdout?.pause()
    })
    child.stdout?.once('end', () => {
      this.saidAll = true
      if (!output.destroyed) output.push(null)
      if (this.exited) this.endRest()
    })
    const lines = new Lines((line) => {
      this.reports.printed(job.script.path, line)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      lines.push(chunk)
    })
    child.stderr?.once('end', () => {
      lines.end()
    })
    child.once('exit', (code, signal) => {
      this.exited = true
      if (this.saidAll) this.endRest()
      if (this.stopping || (code === 0 && signal === null)) return
      this.reports.printed(job.script.path, `(it ended with ${signal ?? `exit code ${code ?? ''}`})`)
    })
    // Its pipes are closed as well: nobody of its group can say any more.
    child.once('close', () => {
      this.finish()
    })
    const { stdin } = child
    // A script need not read what it was sent.
    stdin?.on('error', () => {
      job.body?.unpipe(stdin)
      job.body?.resume()
    })
    if (job.body && stdin) job.body.pipe(stdin)
    else stdin?.end()
  }

  private readonly aborted = (): void => {
    this.output.destroy()
  }

  /** Nobody wants its output any more: it is ended with whatever it has started. */
  private stop(): void {
    const pid = this.child?.pid
    if (pid === undefined || this.stopping || this.closed) return
    this.stopping = true
    // Or 'close' would wait for whoever else has the pipe.
    this.child?.stdout?.destroy()
    if (this.exited) {
      this.endRest()
      return
    }
    childGroups.signal(pid, 'SIGTERM')
    this.timers.push(
      setTimeout(() => {
        this.endRest()
      }, GRACE),
    )
  }

  /** What it has left behind in its group holds its pipes, and the place of others. */
  private endRest(): void {
    const pid = this.child?.pid
    if (pid !== undefined && !this.closed) childGroups.signal(pid, 'SIGKILL')
  }

  private finish(): void {
    this.closed = true
    for (const timer of this.timers) clearTimeout(timer)
    this.timers = []
    this.job.signal.removeEventListener('abort', this.aborted)
    if (this.child?.pid !== undefined) childGroups.bury(this.child.pid)
    this.over()
  }
}

const hintFor = ({ code }: NodeJS.ErrnoException): string => {
  if (code === 'ENOENT') return ': it, or what its first line (#!) names, is not there'
  if (code === 'ENOEXEC') return ': it has no first line (#!) that names its interpreter'
  if (code === 'E2BIG') return ': the request has too many, or too long, headers'
  return ''
}
