/** The steps of the listener's pipeline: the table's states, filled with the chosen stages and the house's own. */
import type { Clock } from '../clock.js'
import type { Outcome, Slot, Stage } from '../contract/stage.js'
import type { ErrorCode } from '../errors.js'
import type { RequestFilter } from '../filtering/request-filter.js'
import { buildSteps, type Run, type Step } from './build.js'
import { setErrorResponse } from './finish.js'
import { listenerStates } from './listener-states.js'
import type { RequestContext } from './request-context.js'

/** A stage under the name that the configuration gives it. */
export interface NamedStage {
  readonly name: string
  readonly stage: Stage
}

/** The stages of each slot, in the order in which they run. */
export type Chains = Readonly<Record<Slot, readonly NamedStage[]>>

/** What the listener asks of each request once its site is known: the limits of the site and of its client. */
export interface Door {
  /** Answers why the request may not pass, or null. Asked once for each request that has a site. */
  admit(ctx: RequestContext): ErrorCode | null
}

export const listenerSteps = (chains: Chains, clock: Clock, door: Door): readonly Step<RequestContext>[] => {
  const own: Readonly<Record<string, readonly Run<RequestContext>[]>> = {
    cache: chains.cache.map(runOf).map(filteredHits),
    route: [...chains.route.map(runOf), { name: 'limits', run: (ctx) => admit(ctx, door) }, requestFiltering],
    store: storeRuns(chains.cache),
    respond: [{ name: 'respond', run: (ctx) => respond(ctx, door) }],
    log: [complete(clock), ...chains.log.map(runOf)],
  }
  return buildSteps(listenerStates, ({ state }) => own[state] ?? chains[state as Slot].map(runOf))
}

const admit = (ctx: RequestContext, door: Door): 'CONTINUE' | 'FINISH' => {
  ctx.admitted = true
  const error = door.admit(ctx)
  if (error === null) return 'CONTINUE'
  setErrorResponse(ctx, error)
  ctx.response.fromCache = false
  return 'FINISH'
}

/** What was not let in by the route comes from the cache, or has an error of its path. */
const respond = (ctx: RequestContext, door: Door): 'CONTINUE' | 'PENDING' => {
  if (!ctx.admitted && ctx.site !== null) admit(ctx, door)
  return ctx.writer.send(ctx)
}

const runOf = ({ name, stage }: NamedStage): Run<RequestContext> => ({
  name,
  run: stage.run.bind(stage),
  peek: stage.peek?.bind(stage),
  cancel: stage.cancel?.bind(stage),
  repeatable: stage.repeatable,
})

/** Part of the house, so that no other route stage can leave it out: what it refuses reaches no queue. */
const requestFiltering: Run<RequestContext> = {
  name: 'requestFiltering',
  run: (ctx) => {
    const filter = ctx.application?.filter
    if (filter) filter.check(ctx)
    return 'CONTINUE'
  },
}

/**
 * A stored response was once asked for by a request that had passed the filter; another one that it answers may differ in its
 * method, its headers or its spelling. One that must not pass is a miss: it is refused where the others are.
 */
const filteredHits = (run: Run<RequestContext>): Run<RequestContext> => ({
  ...run,
  run: (ctx) => {
    const outcome = run.run(ctx)
    if (outcome !== 'FINISH' || !ctx.response.fromCache) return outcome
    const filter = ctx.application?.filter
    return !filter || passes(filter, ctx) ? outcome : 'CONTINUE'
  },
})

const passes = (filter: RequestFilter, ctx: RequestContext): boolean => {
  try {
    filter.check(ctx)
    return true
  } catch {
    const { response } = ctx
    response.fromCache = false
    response.raw = null
    return false
  }
}

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
