/** Sends requests at fixed times, whether the earlier ones have been answered or not, and records how long each took. */
import { browserHeaders } from './browser-headers.js'
import { CONNECTIONS } from './load.js'
import { PlainConnection } from './plain-connection.js'

/** Milliseconds between two looks at the schedule: the finest that a timer gives. */
const STEP = 1

export interface RateLoad {
  readonly url: string
  readonly perSecond: number
  readonly seconds: number
}

export interface RateResult {
  readonly requests: number
  readonly failures: number
  /** How long each took, in milliseconds, the quickest first. */
  readonly latencies: Float64Array
}

/**
 * A request's time begins when the schedule hands it over, so that waiting for a free connection counts. How late a timer
 * fires does not count: that is up to 1 ms of the driver's own, on both sides of a ratio, and would hide what differs.
 */
export const driveRate = async (load: RateLoad): Promise<RateResult> => {
  const total = Math.round(load.perSecond * load.seconds)
  const latencies = new Float64Array(total)
  const waiting: number[] = []
  let answered = 0
  let failures = 0

  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => PlainConnection.open(load.url, browserHeaders)),
  )
  const free = [...connections]
  const { promise, resolve, reject } = withResolvers()
  for (const connection of connections) {
    connection.onFailure = reject
    connection.onAnswer = (since, status) => {
      if (status < 200 || status > 299) failures++
      latencies[answered++] = performance.now() - since
      const next = waiting.shift()
      if (next === undefined) free.push(connection)
      else connection.send(next)
      if (answered === total) resolve()
    }
  }

  const start = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const now = performance.now()
    const due = Math.min(total, Math.floor(((now - start) * load.perSecond) / 1000) + 1)
    for (; sent < due; sent++) {
      const connection = free.pop()
      if (connection) connection.send(now)
      else waiting.push(now)
    }
    if (sent === total) clearInterval(timer)
  }, STEP)
  try {
    await promise
  } finally {
    clearInterval(timer)
    for (const connection of connections) connection.close()
  }
  latencies.sort()
  return { requests: total, failures, latencies }
}

/** Promise.withResolvers, which Node 20 does not have. */
const withResolvers = (): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } => {
  let resolve!: () => void
  let reject!: (error: Error) => void
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
