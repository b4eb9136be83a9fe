/** What the control service needs of the server that it steers; a start file provides it. */
import type {
  Application,
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
import type { Region } from '../../core/was/sites.js'

export interface Steered {
  readonly clock: Clock
  readonly events: EventLog
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The configuration in force: another object after each change. */
  config(): ServerConfig
  pools(): Iterable<ApplicationPool>
  /** The entries of the routing table that lead to a pool. */
  regionsOf(pool: ApplicationPool): Iterable<Region>
  /** One application of a site, as the workers know it. */
  application(site: string, path: string): Application | undefined
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
  /** Lets every stage forget what it keeps, or what of it fits; resolves when nothing of it is served any more. */
  flush(what?: FlushTarget): Promise<Flushed>
  /**
   * Starts a server that takes the place of this one; resolves with its process when it has.
   *
   * @throws ConfigurationError with what is wrong with its configuration, or Error; this one goes on then.
   */
  restart(who: string): Promise<{ readonly pid: number }>
  /** Why it cannot be restarted now; null where it can. */
  cannotRestart(): string | null
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
