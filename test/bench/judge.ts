/** Compares the measured figures with the goals. */
import type { Figure } from './figures.js'
import type { Goal } from './goals.js'

/** The values of each figure, one for each round. */
export type Values = ReadonlyMap<Figure, readonly number[]>

/** `BELOW` and `ABOVE` are a missed goal, on the side that it was missed on. */
export type Verdict = 'ok' | 'BELOW' | 'ABOVE' | 'not measured' | 'no goal'

export interface Judged {
  readonly goal: Goal
  /** Ratio of the medians, or the median; null where a figure is missing. */
  readonly value: number | null
  readonly verdict: Verdict
}

export const judge = (goal: Goal, values: Values): Judged => {
  const of = median(values.get(goal.of))
  const over = goal.over === undefined ? 1 : median(values.get(goal.over))
  if (of === null || over === null) return { goal, value: null, verdict: 'not measured' }
  const value = of / over
  return { goal, value, verdict: verdictOf(goal, value) }
}

/** The middle value, or the mean of the two in the middle; null where there is none. */
export const median = (values: readonly number[] = []): number | null => {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2
}

const verdictOf = ({ must, atMost }: Goal, value: number): Verdict => {
  if (must === undefined) return 'no goal'
  if (atMost) return value <= must ? 'ok' : 'ABOVE'
  return value >= must ? 'ok' : 'BELOW'
}
