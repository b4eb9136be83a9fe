/** What a cache is to forget: everything, or only what all the given marks fit. */
export interface FlushTarget {
  /** Name of the site. */
  readonly site?: string
  /** `http://host:port/path?query`, or only the path: then on every host. */
  readonly url?: string
  /** `url` is where the URLs begin that are meant. */
  readonly prefix?: boolean
  /** One of the tags that the response had in `Cache-Tag`, `Surrogate-Key` or `Cache-Groups`. */
  readonly tag?: string
}
