/** Turns the state table and the chosen stages into one flat, frozen list of steps. */
import type { Outcome, SettledOutcome, Slot, Stage, StateName } from '../contract/stage.js'
import { listenerStates, type OnError } from './listener-states.js'
import type { RequestContext } from './request-context.js'

/** A stage under the name that the configuration gives it. */
export interface NamedStage {
  readonly name: string
  readonly stage: Stage
}

/** The stages of each slot, in the order in which they run. */
export type Chains = Readonly<Record<Slot, readonly NamedStage[]>>

export interface Step {
  readonly state: StateName
  /** Name of the module, for events. */
  readonly name: string
  readonly run: (ctx: RequestContext) => Outcome | Promise<SettledOutcome>
  readonly cancel: ((ctx: RequestContext) => void) | undefined
  /** Index of the step that follows; the number of steps means done. */
  next: number
  finish: number
  readonly onError: OnError
  /** The stage may be asked again for the same request. */
  readonly repeatable: boolean
}

/** The steps in the order of the table; a state whose slot is empty has none and costs nothing. */
export const buildSteps = (chains: Chains): readonly Step[] => {
  const steps: Step[] = []
  const firstOf = new Map<StateName, number>()
  for (const row of listenerStates) {
    firstOf.set(row.state, steps.length)
    for (const named of stagesOf(row.state, row.slot, chains)) {
      steps.push({
        state: row.state,
        name: named.name,
        run: named.stage.run.bind(named.stage),
        cancel: named.stage.cancel?.bind(named.stage),
        next: -1,
        finish: -1,
        onError: row.onError,
        repeatable: named.stage.repeatable === true,
      })
    }
  }
  firstOf.set('done', steps.length)
  steps.forEach((step, index) => {
    const row = listenerStates.find(({ state }) => state === step.state)
    if (!row) throw new Error(`No row for state ${step.state}`)
    // Several stages of one slot run one after the other; only the last one's CONTINUE leaves the state. Several
    // loggers all run: their FINISH leads no further than their CONTINUE.
    step.next =
      steps[index + 1]?.state === step.state ? index + 1 : (firstOf.get(row.onContinue) ?? steps.length)
    step.finish = step.state === 'log' ? step.next : (firstOf.get(row.onFinish) ?? steps.length)
  })
  return Object.freeze(steps.map((step) => Object.freeze(step)))
}

const stagesOf = (state: StateName, slot: Slot | undefined, chains: Chains): readonly NamedStage[] => {
  if (slot) return chains[slot]
  if (state === 'store') return storeStages(chains.cache)
  return [{ name: 'respond', stage: { run: (ctx) => ctx.writer.send(ctx) } }]
}

/** The store state is filled by the second half of the cache modules. */
const storeStages = (cache: readonly NamedStage[]): NamedStage[] =>
  cache.flatMap(({ name, stage }) => {
    const store = stage.store?.bind(stage)
    if (!store) return []
    const run = (ctx: RequestContext): Outcome => {
      if (!ctx.response.fromCache) store(ctx)
      return 'CONTINUE'
    }
    return [{ name, stage: { run } }]
  })
