/** The request's path inside a worker, as a table: IIS 7's integrated events. docs/request-path.md shows the same. */
import type { RequestEvent } from '../contract/worker-module.js'
import type { StateRow } from './build.js'

export interface WorkerStateRow extends StateRow {
  /** `respond` belongs to the house: the request waits there until its response is complete. */
  readonly state: RequestEvent | 'respond'
}

/** The events of the integrated pipeline in their order, and where each outcome leads. */
export const workerStates: readonly WorkerStateRow[] = [
  { state: 'beginRequest', onContinue: 'authenticate', onFinish: 'respond', onError: 'answer' },
  { state: 'authenticate', onContinue: 'authorize', onFinish: 'respond', onError: 'answer' },
  { state: 'authorize', onContinue: 'resolveCache', onFinish: 'respond', onError: 'answer' },
  { state: 'resolveCache', onContinue: 'mapHandler', onFinish: 'respond', onError: 'report' },
  { state: 'mapHandler', onContinue: 'acquireState', onFinish: 'respond', onError: 'answer' },
  { state: 'acquireState', onContinue: 'preExecute', onFinish: 'respond', onError: 'answer' },
  { state: 'preExecute', onContinue: 'execute', onFinish: 'respond', onError: 'answer' },
  { state: 'execute', onContinue: 'releaseState', onFinish: 'releaseState', onError: 'answer' },
  { state: 'releaseState', onContinue: 'updateCache', onFinish: 'respond', onError: 'answer' },
  { state: 'updateCache', onContinue: 'respond', onFinish: 'respond', onError: 'report' },
  { state: 'respond', onContinue: 'log', onFinish: 'log', onError: 'end' },
  { state: 'log', onContinue: 'end', onFinish: 'end', onError: 'report' },
  { state: 'end', onContinue: 'done', onFinish: 'done', onError: 'report' },
]
