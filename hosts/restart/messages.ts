/** What a server and the one that takes its place say to each other, over the IPC channel between them. */
import type { ConfigurationProblem } from '../../core/index.js'

/** Set for a server that is started by the one whose place it takes; its process id. */
export const PREDECESSOR = 'WEBGARDEN_PREDECESSOR'

/** The new server waits under a name of its own until the old one has left its name. */
export interface ControlPlace {
  readonly from: string
  readonly to: string
}

/**
 * In this order: the configuration is right, and these sockets are wanted; all of them accept, and the control socket waits
 * for its place. Or, at any time: it cannot be done.
 */
export type FromSuccessor =
  | { readonly kind: 'checked'; readonly wants: readonly string[] }
  | { readonly kind: 'ready'; readonly control: ControlPlace | null }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly configuration?: { readonly file: string; readonly problems: readonly ConfigurationProblem[] }
    }

/** One for each socket that is wanted and there, with its handle; then that these were all; then that the place is free. */
export type FromPredecessor =
  | { readonly kind: 'socket'; readonly key: string }
  | { readonly kind: 'sockets'; readonly control: string | null; readonly stays: boolean }
  | { readonly kind: 'over' }
