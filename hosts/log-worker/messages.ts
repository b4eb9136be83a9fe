/** What listener and log worker say to each other. */
import type { ServerEvent } from '../../core/contract/events.js'
import type { Batch } from './batch.js'

/** What the task of a log worker resolves with when its module has closed; Piscina takes a `throw null` for a result too. */
export const CLOSED = 'closed'

/** `close`: nothing comes any more; the worker's task ends when the module has closed. */
export type ToLogWorker =
  | {
      readonly kind: 'write'
      readonly number: number
      readonly again: boolean
      readonly batch: Batch
    }
  | { readonly kind: 'close' }

/** `ready`: the module is set up. `taken`, `refused`: what became of a batch. */
export type FromLogWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'taken'; readonly number: number }
  | { readonly kind: 'refused'; readonly number: number; readonly why: string }
  | { readonly kind: 'event'; readonly event: ServerEvent }
