/** Turns a state table and what fills its states into one flat, frozen list of steps. */
import type { Outcome, SettledOutcome } from '../contract/stage.js'

/** What becomes of an error in a state: an answer to the client, nothing but a report, or straight to the log. */
export type OnError = 'answer' | 'report' | 'end'

/** One row of a state table. The state after the last row is `done`. */
export interface StateRow {
  readonly state: string
  readonly onContinue: string
  readonly onFinish: string
  readonly onError: OnError
}

/** What runs in a state, under the name that events give it. */
export interface Run<C> {
  readonly name: string
  readonly run: (ctx: C) => Outcome | Promise<SettledOutcome>
  /** What the front door asks instead of `run`, if there is one: it may answer only what is there already. */
  readonly peek?: ((ctx: C) => Outcome | Promise<SettledOutcome>) | undefined
  /** The request goes on without this step, which held it pending. */
  readonly cancel?: ((ctx: C) => void) | undefined
  /** It may be asked again for the same request. */
  readonly repeatable?: boolean | undefined
}

export interface Step<C> {
  readonly state: string
  readonly name: string
  readonly run: (ctx: C) => Outcome | Promise<SettledOutcome>
  readonly peek: ((ctx: C) => Outcome | Promise<SettledOutcome>) | undefined
  readonly cancel: ((ctx: C) => void) | undefined
  /** Index of the step that follows; the number of steps means done. */
  readonly next: number
  readonly finish: number
  readonly onError: OnError
  readonly repeatable: boolean
}

/**
 * The steps in the order of the table; a state that nothing fills has none and costs nothing. What several run in one state
 * runs one after the other: only the last one's CONTINUE leaves it. In `log` all of them run: their FINISH leads no further
 * than their CONTINUE.
 */
export const buildSteps = <C>(
  table: readonly StateRow[],
  fill: (row: StateRow) => readonly Run<C>[],
): readonly Step<C>[] => {
  const filled = table.map((row) => ({ row, runs: fill(row) }))
  const firstOf = new Map<string, number>()
  let count = 0
  for (const { row, runs } of filled) {
    firstOf.set(row.state, count)
    count += runs.length
  }
  const startOf = (state: string): number => firstOf.get(state) ?? count
  let index = 0
  const steps = filled.flatMap(({ row: { state, onContinue, onFinish, onError }, runs }) =>
    runs.map(({ name, run, peek, cancel, repeatable = false }, at): Step<C> => {
      index++
      const next = at < runs.length - 1 ? index : startOf(onContinue)
      const finish = state === 'log' ? next : startOf(onFinish)
      return Object.freeze({ state, name, run, peek, cancel, next, finish, onError, repeatable })
    }),
  )
  return Object.freeze(steps)
}
