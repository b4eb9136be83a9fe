/** A load-balancing function of an author's own: which worker of a web garden gets a new connection's request. */
import type { Static, TObject, TSchema } from 'typebox'
import type { RequestContext } from '../pipeline/request-context.js'
import type { Receiver } from './receiver.js'
import type { ModuleScope } from './stage.js'

/**
 * One of `receivers`, which all can take a request now; anything else means the next in turn. Called for each request of a
 * connection whose own worker has none to spare, and for the first of each connection. Must be quick: it runs in the listener.
 */
export type Balance = (receivers: readonly Receiver[], ctx: RequestContext) => Receiver | undefined

/** What the author of a load-balancing function gives to `defineBalancer`. */
export interface BalancerDefinition<O extends TSchema = TObject> {
  /** What a pool's `loadBalancing` calls it by default. */
  readonly name: string
  readonly options?: O
  readonly webgarden?: string
  /** Once for each pool that names it. */
  setup(scope: Pick<ModuleScope, 'events' | 'clock' | 'config'>, options: Static<O>): Balance
}

/** A load-balancing function, as `defineBalancer` makes it. */
export interface BalancerModule<O extends TSchema = TSchema> extends BalancerDefinition<O> {
  readonly kind: 'balancer'
}
