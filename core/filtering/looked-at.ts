/** What the rules of request filtering look at: the parts of one request, each made when first asked for. */

/** What of a request is looked at. */
export interface FilteredRequest {
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
  /** Null where no body can come. */
  readonly incoming: unknown
  /** Decoded and normal. */
  readonly path: string
  /** Raw, without `?`. */
  readonly query: string
  /** As the application will see it. */
  readonly url: string
}

/** All in lower case, since no rule is about letter case. */
export class LookedAt {
  readonly request: FilteredRequest
  private pathText: string | null = null
  private rawPathText: string | null = null
  private queryTexts: readonly string[] | null = null

  constructor(request: FilteredRequest) {
    this.request = request
  }

  /** Decoded and normal. */
  get path(): string {
    return (this.pathText ??= this.request.path.toLowerCase())
  }

  /** As the client sent it, before its query: dots, doubled slashes and escapes are still there. */
  get rawPath(): string {
    return (this.rawPathText ??= beforeQuery(this.request.target).toLowerCase())
  }

  get segments(): readonly string[] {
    // An encoded slash stays encoded in a normal path, but an application may well decode it.
    return this.path.replaceAll('%2f', '/').split('/')
  }

  /** From the last dot of the last segment, `.` where it has none. */
  get extension(): string {
    const segment = this.segments.at(-1) ?? ''
    const dot = segment.lastIndexOf('.')
    return dot < 0 ? '.' : segment.slice(dot)
  }

  /** As it came, and unescaped where that says something else. */
  queries(unescapes: boolean): readonly string[] {
    this.queryTexts ??= queriesOf(this.request.query, unescapes)
    return this.queryTexts
  }
}

export const beforeQuery = (target: string): string => {
  const mark = target.indexOf('?')
  return mark < 0 ? target : target.slice(0, mark)
}

const queriesOf = (query: string, unescapes: boolean): readonly string[] => {
  const raw = query.toLowerCase()
  if (!unescapes || !query.includes('%')) return [raw]
  return [raw, unescapeLoosely(query).toLowerCase()]
}

/** Queries are the application's: an escape that is none is no fault, and stays as it is. */
const unescapeLoosely = (text: string): string => {
  const bytes = text.replace(/%([\da-f]{2})/gi, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
