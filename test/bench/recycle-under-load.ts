/** Recycles one pool for every reason that there is, while 64 connections are kept busy, and counts whatever its clients miss. */
import { setTimeout as delay } from 'node:timers/promises'
import { SteadyLoad, type Answers } from './steady-load.js'

/** A server with one application at `/`, whose pool is to be recycled. */
export interface Recyclable {
  readonly url: string
  /** Everything that it has printed. */
  output(): string
  /** Asks for a recycle on demand. */
  recycle(): Promise<void>
}

export interface RecycleLoad {
  /** At least one recycle for each. */
  readonly reasons: readonly RecycleReason[]
  /** At least so many, of all reasons together. */
  readonly requests: number
  readonly recycles: number
  /** Milliseconds that each connection waits before its next request. */
  readonly pause?: number
  /** What the application answers at `/`. */
  readonly body: string
  readonly interrupted: AbortSignal
}

export interface RecycleResult extends Answers {
  readonly recycles: Readonly<Record<RecycleReason, number>>
}

/** What can recycle the pool, and the event that tells of it. */
const events = { requests: '5075', schedule: '5076', memory: '5117', demand: '5079' } as const

export type RecycleReason = keyof typeof events

export const allReasons: readonly RecycleReason[] = ['requests', 'schedule', 'memory', 'demand']

/** KB; no worker reaches it by itself. `/grow` of the application takes more at once. */
const MEMORY = 300_000
/** Milliseconds from now until the time of day that the schedule names; a start takes less. */
const AHEAD = 6_000
const MINUTE = 60_000
const STEP = 200

/**
 * Settings of the pool, and flags of node that put the server's clock so that a scheduled time comes soon.
 *
 * @param requests - after so many a worker is replaced: more than it gets until a ping has seen its memory, and many more
 * than while a new one starts, or a scheduled time would fall into such a recycle and be part of it
 */
export const recyclingPool = (requests: number): { pool: object; nodeFlags: readonly string[] } => {
  const offset = MINUTE - AHEAD - (Date.now() % MINUTE)
  const schedule = [0, 1, 2].map((minute) => {
    const due = new Date(Date.now() + offset + AHEAD + minute * MINUTE)
    return `${due.getHours()}:${String(due.getMinutes()).padStart(2, '0')}`
  })
  return {
    pool: {
      processModel: { pingInterval: '1s' },
      recycling: { periodicRestart: { requests, schedule, privateMemory: MEMORY } },
    },
    nodeFlags: ['--import', `data:text/javascript,const{now}=Date;Date.now=()=>now()+${offset}`],
  }
}

/** Goes on until there were as many requests and recycles as asked for, and one for each reason. */
export const recycleUnderLoad = async (
  server: Recyclable,
  { reasons, requests, recycles, pause = 0, body, interrupted }: RecycleLoad,
): Promise<RecycleResult> => {
  const load = await SteadyLoad.start(`${server.url}/`, body, pause)
  const happened = (reason: RecycleReason): number => server.output().split(` ${events[reason]} `).length - 1
  const all = (): number => allReasons.reduce((sum, reason) => sum + happened(reason), 0)
  const isDone = (): boolean =>
    load.answers.requests >= requests && all() >= recycles && reasons.every((reason) => happened(reason) > 0)
  try {
    for (let turn = 0; !isDone(); turn++) {
      interrupted.throwIfAborted()
      // One recycle at a time: two at the same time would be one.
      const before = all()
      // Whoever is replaced on demand all the time never grows old by itself.
      const isLeftAlone =
        happened('demand') > 0 && happened('memory') > 0 && reasons.some((reason) => happened(reason) === 0)
      if (isLeftAlone) await delay(STEP)
      else if (turn % 2 === 0) await server.recycle()
      else await fetch(`${server.url}/grow`)
      for (let waited = 0; all() === before && waited < 2000 && !isDone(); waited += STEP) await delay(STEP)
      await delay(STEP)
    }
  } finally {
    load.stop()
  }
  const counted = allReasons.map((reason) => [reason, happened(reason)])
  return { ...load.answers, recycles: Object.fromEntries(counted) as Record<RecycleReason, number> }
}
