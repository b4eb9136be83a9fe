/** Measures each side once in each round, all in turn, so that a slow minute of the machine hits all of them. */
import { figures, type Figure } from './figures.js'
import type { Values } from './judge.js'
import type { Run } from './run.js'
import type { Side } from './sides/side.js'
import { inUnit } from './table.js'

export interface Outcome {
  readonly values: Values
  /** What went wrong, in words. A side that fails once is not tried again. */
  readonly failures: readonly string[]
}

/** @throws the reason of `run.interrupted` when it is aborted. */
export const runRounds = async (sides: readonly Side[], run: Run): Promise<Outcome> => {
  const values = new Map<Figure, number[]>()
  const failures: string[] = []
  let left = await present(sides)
  for (let round = 1; round <= run.rounds; round++) {
    for (const side of left) {
      try {
        const measured = await side.measure(run)
        run.interrupted.throwIfAborted()
        for (const figure of side.figures) {
          const value = measured[figure]
          if (value === undefined) continue
          values.set(figure, [...(values.get(figure) ?? []), value])
          const { title, unit } = figures[figure]
          console.error(`round ${round}/${run.rounds}  ${title}: ${inUnit(figure, value)} ${unit}`)
        }
      } catch (error) {
        run.interrupted.throwIfAborted()
        left = left.filter((other) => other !== side)
        failures.push(`${side.title}: ${(error as Error).message}`)
        console.error(`FAILED  ${side.title}: ${(error as Error).message}`)
      }
    }
  }
  return { values, failures }
}

const present = async (sides: readonly Side[]): Promise<Side[]> => {
  const found: Side[] = []
  for (const side of sides) {
    const missing = (await side.missing?.()) ?? null
    if (missing === null) found.push(side)
    else console.error(`SKIPPED  ${side.title}: ${missing}`)
  }
  return found
}
