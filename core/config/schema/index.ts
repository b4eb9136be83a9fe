/** The configuration's types, as the house sees them after reading: complete, absolute, immutable. */
import type { Static } from 'typebox'
import type { application } from './application.js'
import type { extensionLists } from './extensions.js'
import type { logFile } from './log-file.js'
import type { pool } from './pool.js'
import type { slots } from '../slots.js'
import type { FilteringConfig } from './request-filtering.js'
import type { moduleEntry, server } from './server.js'
import type { binding, site } from './site.js'

/** The same shape, read-only all the way down. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T

/** Where in the file something stands, as a JSON pointer: `/sites/0`. */
interface Placed {
  readonly pointer: string
}

/** A declared module. `module` is an absolute path or a package; absent where it is the standard one of that name. */
export type ModuleConfig = Immutable<Static<typeof moduleEntry>> & Placed

/** One application pool. Time spans are milliseconds, here and below. */
export type PoolConfig = Immutable<Omit<Static<typeof pool>, 'isolation'>> &
  Placed & {
    /** `inline`: in the server's own thread, in isolationMode iis5 only. */
    readonly isolation: Static<typeof pool>['isolation'] | 'inline'
  }

type Lists = 'handlers' | 'filters' | 'modules'
type Entry<T> = Immutable<Omit<T, 'remove' | 'clear' | 'name'>> & Placed & { readonly name: string }

/** An entry of `handlers`. */
export type HandlerConfig = Entry<Static<typeof extensionLists.handlers>[number]>
/** An entry of `filters`. */
export type FilterConfig = Entry<Static<typeof extensionLists.filters>[number]>
/** An entry of `modules` of a site or application. */
export type ExtensionConfig = Entry<Static<typeof extensionLists.modules>[number]>

/** One application of a site, with what it inherits; paths are absolute. */
export type ApplicationConfig = Immutable<Omit<Static<typeof application>, Lists | 'requestFiltering'>> &
  Placed & {
    readonly requestFiltering: FilteringConfig
    readonly handlers: readonly HandlerConfig[]
    /** The enabled ones. */
    readonly filters: readonly FilterConfig[]
    readonly modules: readonly ExtensionConfig[]
  }

/** One binding, taken apart. */
export type BindingConfig = Immutable<Static<typeof binding>> &
  Placed & {
    /** `*`, or an IP address without brackets. */
    readonly address: string
    /** 0 is any free port. */
    readonly port: number
    /** Lower case: `''` for every host, a name, or `*.example.com`. */
    readonly host: string
  }

/** `logFile` of a site. */
export type LogFileConfig = Immutable<Static<typeof logFile>>

/** One site, with what it inherits. */
export type SiteConfig = Immutable<
  Omit<
    Static<typeof site>,
    | 'id'
    | 'bindings'
    | 'applications'
    | 'applicationDefaults'
    | Lists
    | 'accessPolicy'
    | 'access'
    | 'requestFiltering'
  >
> &
  Placed & {
    readonly id: number
    readonly bindings: readonly BindingConfig[]
    readonly applications: readonly ApplicationConfig[]
  }

type Inherited = 'applicationPoolDefaults' | 'applicationDefaults' | 'siteDefaults'

/** The whole configuration. Frozen: a change is a new tree. */
export type ServerConfig = Immutable<
  Omit<
    Static<typeof server>,
    Inherited | 'modules' | 'filters' | 'pipeline' | 'applicationPools' | 'sites' | 'log' | 'requestFiltering'
  >
> & {
  /** Absolute path of the file, and of its folder. */
  readonly file: string
  readonly directory: string
  /** Pointers of what the file says and the isolation mode leaves without effect. */
  readonly settingsWithoutEffect: readonly string[]
  readonly modules: readonly ModuleConfig[]
  /** Of the whole server; applications have them in their own lists too. */
  readonly filters: readonly FilterConfig[]
  /** Names of the modules of each slot; absent where the standard one stands. */
  readonly pipeline: Readonly<Partial<Record<(typeof slots)[number], readonly string[]>>>
  /** In isolationMode iis5 the hosts of the applications instead of the file's pools. */
  readonly applicationPools: readonly PoolConfig[]
  readonly sites: readonly SiteConfig[]
  readonly log: Immutable<Static<typeof server>['log']> & { readonly errorLoggingDir: string }
}
