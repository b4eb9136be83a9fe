/**
 * What a route ends in: the site and the application as they stand while the server runs. WAS alone changes them, when the
 * configuration changes; whoever keeps one of them reads its `config` anew each time.
 */
import type { ApplicationConfig, SiteConfig } from '../contract/config.js'
import type { RequestFilter } from '../filtering/request-filter.js'
import type { RequestQueue } from '../queue/request-queue.js'

/** A site, while the server runs. */
export interface Site {
  /** As in the names of its logs. */
  readonly id: number
  readonly name: string
  readonly config: SiteConfig
  /** The port of its first binding: what a program that wants to listen is told. */
  readonly port: number
  /** That of its first https binding, 443 before others; 0 without one. */
  readonly securePort?: number
}

/** An application of a site, while the server runs. */
export interface Application {
  /** Small integer, unique while the server runs. */
  readonly id: number
  readonly site: Site
  /** `/` or `/shop`. */
  readonly path: string
  readonly config: ApplicationConfig
  /** The queue of its pool: the only door to a worker. */
  readonly queue: RequestQueue
  /** What its requests must pass before they are queued; null lets all of them pass. */
  readonly filter: RequestFilter | null
}
