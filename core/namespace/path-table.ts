/** The applications of one site under one binding, found by the longest path that is made of whole segments. */
import type { Application, Site } from './application.js'

/** What a look-up ends in. Made once at registration, so that finding it allocates nothing. */
export interface Match {
  /** null: no site has this host on this port (400, invalid host name). */
  readonly site: Site | null
  /** null beside a site: none of its applications has this path (404). */
  readonly application: Application | null
}

/** Paths are compared without regard to case, as http.sys does. */
export class PathTable {
  readonly site: Site
  private readonly byPath = new Map<string, Match>()
  private readonly notFound: Match
  private root: Match
  /** Segments of the deepest path beside the root: no request's path is looked at beyond them. */
  private depth = 0

  constructor(site: Site) {
    this.site = site
    this.notFound = { site, application: null }
    this.root = this.notFound
  }

  get isEmpty(): boolean {
    return this.byPath.size === 0
  }

  /** False if the path is taken; nothing is changed then. */
  add(path: string, application: Application): boolean {
    const key = keyOf(path)
    if (this.byPath.has(key)) return false
    const match = { site: this.site, application }
    this.byPath.set(key, match)
    if (key === '/') this.root = match
    this.depth = Math.max(this.depth, segmentsOf(key))
    return true
  }

  /** False if there was nothing at this path. */
  remove(path: string): boolean {
    const key = keyOf(path)
    const removed = this.byPath.delete(key)
    if (key === '/') this.root = this.notFound
    this.depth = 0
    for (const left of this.byPath.keys()) this.depth = Math.max(this.depth, segmentsOf(left))
    return removed
  }

  /** `path` is normal: it begins with `/`, and no slash follows another. */
  find(path: string): Match {
    if (this.depth === 0) return this.root
    let head = headOf(path, this.depth).toLowerCase()
    while (head.length > 1) {
      const match = this.byPath.get(head)
      if (match) return match
      head = head.slice(0, Math.max(head.lastIndexOf('/'), 0))
    }
    return this.root
  }
}

/** `/Shop/` and `/shop` are the same place. */
const keyOf = (path: string): string => path.toLowerCase().replace(/(?<=.)\/$/, '')

const segmentsOf = (key: string): number => (key === '/' ? 0 : key.split('/').length - 1)

/** The first `segments` segments of a path, without the slash behind them. */
const headOf = (path: string, segments: number): string => {
  let end = 0
  for (let count = 0; count < segments; count++) {
    const slash = path.indexOf('/', end + 1)
    if (slash < 0) return path.endsWith('/') ? path.slice(0, -1) : path
    end = slash
  }
  return path.slice(0, end)
}
