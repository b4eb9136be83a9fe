/** The steps of the listener's pipeline: the table's states, filled with the chosen stages and the house's own. */
import type { Clock } from '../clock.js'
import type { Outcome, Slot, Stage } from '../contract/stage.js'
import { buildSteps, type Run, type Step } from './build.js'
import { listenerStates } from './listener-states.js'
import type { RequestContext } from './request-context.js'

/** A stage under the name that the configuration gives it. */
export interface NamedStage {
  readonly name: string
  readonly stage: Stage
}

/** The stages of each slot, in the order in which they run. */
export type Chains = Readonly<Record<Slot, readonly NamedStage[]>>

export const listenerSteps = (chains: Chains, clock: Clock): readonly Step<RequestContext>[] => {
  const own: Readonly<Record<string, readonly Run<RequestContext>[]>> = {
    store: storeRuns(chains.cache),
    respond: [{ name: 'respond', run: (ctx) => ctx.writer.send(ctx) }],
    log: [complete(clock), ...chains.log.map(runOf)],
  }
  return buildSteps(listenerStates, ({ state }) => own[state] ?? chains[state as Slot].map(runOf))
}

const runOf = ({ name, stage }: NamedStage): Run<RequestContext> => ({
  name,
  run: stage.run.bind(stage),
  cancel: stage.cancel?.bind(stage),
  repeatable: stage.repeatable,
})

/** The logs are to find the request complete, and as the worker wants it logged. */
const complete = (clock: Clock): Run<RequestContext> => ({
  name: 'complete',
  run: (ctx) => {
    ctx.completedAt = clock.now()
    if (ctx.logged !== null) ctx.adoptLogged()
    return 'CONTINUE'
  },
})

/** The store state is filled by the second half of the cache modules. */
const storeRuns = (cache: readonly NamedStage[]): Run<RequestContext>[] =>
  cache.flatMap(({ name, stage }) => {
    const store = stage.store?.bind(stage)
    if (!store) return []
    const run = (ctx: RequestContext): Outcome =>
      !ctx.response.fromCache && store(ctx) === 'PENDING' ? 'PENDING' : 'CONTINUE'
    return [{ name, run }]
  })
