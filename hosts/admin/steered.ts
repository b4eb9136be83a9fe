/** What the control service needs of the server that it steers; a start file provides it. */
import type {
  BindingConfig,
  Clock,
  EventLog,
  FlushTarget,
  RequestContext,
  ServerConfig,
} from '../../core/index.js'
import type { ConfigVersion, Flushed, ModuleResource, Reloaded } from '../../core/control/resources.js'
import type { Immutable } from '../../core/config/schema/index.js'
import type { ApplicationPool } from '../../core/was/pool.js'

export interface Steered {
  readonly clock: Clock
  readonly events: EventLog
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The configuration in force: another object after each change. */
  config(): ServerConfig
  pools(): Iterable<ApplicationPool>
  /** The port that a binding really has; 0 where its socket is not open. */
  portOf(binding: BindingConfig): number
  isSiteStarted(name: string): boolean
  /** @throws Error that says what stands in the way: a port in use, another site in its place. */
  startSite(name: string): Promise<void>
  stopSite(name: string): void
  /** The requests that are on their way. */
  requests(): Iterable<RequestContext>
  connectionCount(): number
  modules(): readonly ModuleResource[]
  /** Lets every stage forget what it keeps, or what of it fits. */
  flush(what?: FlushTarget): Flushed
  /** Configuration that changes while the server runs. */
  readonly live: LiveConfiguration
}

export interface LiveConfiguration {
  /** @throws ConfigurationError where the file is wrong; nothing is changed then. */
  reload(): Promise<Immutable<Reloaded>>
  /** The versions that were in force, oldest first. */
  versions(): Promise<readonly Immutable<ConfigVersion>[]>
  /**
   * Without a number, back to the last version that differs.
   *
   * @throws Error where there is no such version, ConfigurationError where it is not right any more.
   */
  rollback(version?: number): Promise<Immutable<Reloaded>>
}
