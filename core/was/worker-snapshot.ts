/** All that is known of one worker at one moment: evidence for events, and what a list of workers shows. */
import type { Lanes } from './lanes.js'
import type { Pulses } from './pulses.js'
import type { WorkerState } from './states.js'

export interface WorkerSnapshot {
  readonly id: number
  /** Of its process, where it has one of its own. */
  readonly pid: number | undefined
  readonly state: WorkerState
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Requests taken since its start, and those of them that have not been answered. */
  readonly taken: number
  readonly executing: number
  /** Age of the oldest request that it has, in milliseconds. */
  readonly oldestRequest: number | undefined
  /** When its most silent thread answered a ping last, milliseconds since the epoch. */
  readonly lastPong: number | undefined
  /** Bytes in use in all threads as of their last answers. */
  readonly memory: number
  /** How busy the busiest thread was at its last answer: 0 to 1. */
  readonly utilisation: number | undefined
}

/** The part of it that its lanes and their pings know. */
export const measure = (
  { receivers, taken, executing }: Lanes,
  pulses: Pulses,
  now: number,
): Omit<WorkerSnapshot, 'id' | 'pid' | 'state' | 'startedAt'> => {
  const pongs = pulses.all.flatMap(({ pong }) => (pong ? [pong] : []))
  const since = receivers.flatMap(({ oldestSince }) => (oldestSince === undefined ? [] : [oldestSince]))
  return {
    taken,
    executing,
    oldestRequest: since.length > 0 ? now - Math.min(...since) : undefined,
    lastPong: pongs.length > 0 ? Math.min(...pongs.map(({ at }) => at)) : undefined,
    memory: pulses.memory,
    utilisation: pongs.length > 0 ? Math.max(...pongs.map(({ utilisation }) => utilisation)) : undefined,
  }
}
