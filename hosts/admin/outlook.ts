/** What will happen next to a pool, in sentences: read from its settings and its workers, promised by nobody. */
import type { ApplicationPool } from '../../core/was/pool.js'
import type { Worker } from '../../core/was/worker.js'

const MB = 1024 * 1024

export const outlookOf = (pool: ApplicationPool, now: number): string[] => {
  const { name, failure, processModel } = pool.config
  const start = `webgarden start apppool ${/[^\w.-]/.test(name) ? `"${name}"` : name}`
  if (pool.state === 'stopped') return [`Its clients get 503 until it is started: ${start}`]
  if (pool.state === 'stopping') {
    return [
      `Its workers have up to ${seconds(processModel.shutdownTimeLimit)} to finish what they have (shutdownTimeLimit).`,
    ]
  }
  const running = [...pool.workers].filter(({ state }) => state === 'running')
  const next = running.flatMap((worker) => ageOf(worker, pool, now))
  if (pool.workers.size === 0) next.push('The next request starts a worker.')
  for (const { id, state } of pool.workers) {
    if (state === 'starting')
      next.push(
        `Worker ${id} has up to ${seconds(processModel.startupTimeLimit)} to become ready (startupTimeLimit).`,
      )
    if (state === 'stopping')
      next.push(
        `Worker ${id} finishes what it has, then ends; it is killed after ${seconds(processModel.shutdownTimeLimit)} (shutdownTimeLimit).`,
      )
  }
  const since = now - failure.rapidFailProtectionInterval
  const failed = pool.history.entries.filter(({ what, at }) => what === 'failed' && at > since).length
  if (failed > 0 && failure.rapidFailProtection) {
    next.push(
      `${failed} of ${failure.rapidFailProtectionMaxCrashes} failures within ${seconds(failure.rapidFailProtectionInterval)} have happened; ` +
        'at the last the pool is disabled (rapidFailProtection).',
    )
  }
  if (next.length === 0) next.push('Nothing is due: its workers go on as they are.')
  return next
}

/** What a worker has left of each limit that it has. */
const ageOf = (worker: Worker, pool: ApplicationPool, now: number): string[] => {
  const { time, requests, memory, privateMemory } = pool.config.recycling.periodicRestart
  const { id, startedAt, taken, memory: used } = worker.snapshot()
  const limits: string[] = []
  if (time > 0) limits.push(`in ${seconds(Math.max(0, startedAt + time - now))} (periodicRestart.time)`)
  if (requests > 0)
    limits.push(`after ${Math.max(0, requests - taken)} more requests (periodicRestart.requests)`)
  const most = Math.min(
    ...[memory, privateMemory].filter((kilobytes) => kilobytes > 0).map((kilobytes) => kilobytes * 1024),
  )
  if (Number.isFinite(most))
    limits.push(`beyond ${megabytes(most)} of memory, of which it uses ${megabytes(used)}`)
  return limits.length === 0 ? [] : [`Worker ${id} is recycled at the latest ${limits.join(', or ')}.`]
}

const megabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`

const seconds = (milliseconds: number): string => {
  const total = Math.round(milliseconds / 1000)
  if (total < 120) return `${total} s`
  return total < 7200 ? `${Math.round(total / 60)} min` : `${Math.round(total / 3600)} h`
}
