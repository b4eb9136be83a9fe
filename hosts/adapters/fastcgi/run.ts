/** Runs scripts by FastCGI: takes a connection, sends the request, tries once more where a kept connection had gone stale. */
import type { Readable } from 'node:stream'
import { Gate } from '../gateway/gate.js'
import type { Job, RunScript } from '../gateway/gateway.js'
import { Lines, type Reports } from '../gateway/reports.js'
import type { Outcome, StderrMode } from './exchange.js'
import type { FastCgiOptions } from './options.js'
import type { Servers } from './servers.js'

export interface RunnerOptions {
  readonly options: FastCgiOptions
  readonly stderrMode: StderrMode
  readonly atATime: number
  readonly keep: boolean
}

/** Nothing happens a second time where one of these is sent twice (RFC 9110, section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

interface Attempt {
  readonly output: Readable
  /** Resolves when its place is free again. */
  readonly over: Promise<{ readonly outcome: Outcome; readonly mayRetry: boolean }>
  readonly reused: boolean
}

export const fastCgiRunner = (
  servers: Servers,
  { options, stderrMode, atATime, keep }: RunnerOptions,
  reports: Reports,
): RunScript => {
  const { queueLength, requestTimeout, activityTimeout } = options
  const gate = new Gate({ atATime, queueLength, longestWait: requestTimeout })
  const attempt = async (job: Job, mayReuse: boolean): Promise<Attempt> => {
    const lease = await servers.lease(job.signal, mayReuse)
    const lines = new Lines((line) => {
      reports.printed(job.script.path, line)
    })
    const printed = (chunk: Buffer): void => {
      lines.push(chunk)
    }
    let settle: (over: Awaited<Attempt['over']>) => void = () => undefined
    const over: Attempt['over'] = new Promise((resolve) => (settle = resolve))
    const reused = lease.connection.used
    const output = lease.connection.send(
      job,
      { keep, activityTimeout, requestTimeout, stderrMode, printed },
      (outcome) => {
        lines.end()
        void lease.release(outcome).then((mayRetry) => {
          settle({ outcome, mayRetry })
        })
      },
    )
    return { output, over, reused }
  }
  return async (job) => {
    await gate.enter(job.signal)
    try {
      const safe = SAFE.has(job.method) && job.body === null
      let made = await attempt(job, safe)
      if (made.reused && safe && !(await begins(made.output))) {
        const { outcome, mayRetry } = await made.over
        if (outcome === 'stale' && mayRetry && !job.signal.aborted) made = await attempt(job, false)
      }
      void made.over.then(() => {
        gate.leave()
      })
      return made.output
    } catch (error) {
      gate.leave()
      throw error
    }
  }
}

/** Whether there is an answer; false where it fails before the first byte. */
const begins = (output: Readable): Promise<boolean> =>
  new Promise((resolve) => {
    const done = (began: boolean) => (): void => {
      for (const [event, listener] of listeners) output.off(event, listener)
      // Whoever reads it hears of it again.
      output.on('error', () => undefined)
      resolve(began)
    }
    const listeners: [string, () => void][] = [
      ['readable', done(true)],
      ['end', done(true)],
      ['error', done(false)],
      ['close', done(false)],
    ]
    for (const [event, listener] of listeners) output.on(event, listener)
  })
