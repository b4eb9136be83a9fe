/** The request's path through the listener, as a table; docs/request-path.md shows the same, and a test compares them. */
import type { Slot, StateName } from '../contract/stage.js'
import type { StateRow } from './build.js'

export interface ListenerStateRow extends StateRow {
  readonly state: Exclude<StateName, 'done'>
  /** The slot of `applicationHost.json` that fills it; undefined where the house does. */
  readonly slot: Slot | undefined
  readonly onContinue: StateName
  readonly onFinish: StateName
}

/** The states of the listener's pipeline in their order, and where each outcome leads. */
export const listenerStates: readonly ListenerStateRow[] = [
  { state: 'validate', slot: 'validate', onContinue: 'cache', onFinish: 'respond', onError: 'answer' },
  { state: 'cache', slot: 'cache', onContinue: 'route', onFinish: 'respond', onError: 'report' },
  { state: 'route', slot: 'route', onContinue: 'queue', onFinish: 'respond', onError: 'answer' },
  { state: 'queue', slot: 'queue', onContinue: 'dispatch', onFinish: 'respond', onError: 'answer' },
  { state: 'dispatch', slot: 'dispatch', onContinue: 'store', onFinish: 'store', onError: 'answer' },
  { state: 'store', slot: undefined, onContinue: 'respond', onFinish: 'respond', onError: 'report' },
  { state: 'respond', slot: undefined, onContinue: 'log', onFinish: 'log', onError: 'end' },
  { state: 'log', slot: 'log', onContinue: 'done', onFinish: 'done', onError: 'report' },
]
