/** When a pool starts a worker: a pure decision over what is known. */

export interface DemandFacts {
  /** Workers that have been started and have not ended, whatever they are doing now. */
  readonly workers: number
  /** Those of them that have not said yet that they are ready. */
  readonly starting: number
  /** The pool's processModel.maxProcesses. */
  readonly maxProcesses: number
  /** Requests that no worker has taken. */
  readonly waiting: number
  /** Workers of all pools, and webLimits.demandStartThreshold. */
  readonly serverWorkers: number
  readonly demandStartThreshold: number
}

export type DemandDecision = 'start' | 'nothing' | 'refuse'

/**
 * One worker at a time: a web garden grows by one whenever there is demand and nobody is starting already.
 * `refuse`: requests wait, no worker will come for them, and the server may not start another.
 */
export const decideOnDemand = (facts: DemandFacts): DemandDecision => {
  if (facts.starting > 0 || facts.workers >= facts.maxProcesses) return 'nothing'
  if (facts.serverWorkers >= facts.demandStartThreshold) {
    return facts.workers === 0 && facts.waiting > 0 ? 'refuse' : 'nothing'
  }
  return 'start'
}
