/** `requestFiltering`: which requests never reach an application (IIS: RequestFilteringModule). */
import { Type, type TSchema } from 'typebox'
import { UINT_MAX } from './keywords.js'

/** A collection that a deeper level inherits and changes: entries with a key, or `remove`, or `clear`. */
const Collection = (key: string, about: string, more: Record<string, TSchema>, description: string) =>
  Type.Array(
    Type.Object({
      [key]: Type.Optional(Type.String({ minLength: 1, description: about })),
      ...more,
      remove: Type.Optional(
        Type.String({ minLength: 1, description: 'Instead of all else: takes away the inherited one.' }),
      ),
      clear: Type.Optional(
        Type.Boolean({ description: 'Instead of all else: `true` takes away everything inherited.' }),
      ),
    }),
    { default: [], description },
  )

const allowed = Type.Boolean({ default: true, description: 'Whether it is allowed.' })
const allowUnlisted = Type.Boolean({ default: true, description: 'What holds for those not in the list.' })
const applyToWebDAV = Type.Boolean({
  default: true,
  description: 'Whether the list holds for WebDAV too. There is none here: nothing follows from it.',
})

const filteringRule = {
  scanUrl: Type.Boolean({ default: true, description: 'Whether it looks at the path.' }),
  scanQueryString: Type.Boolean({
    default: true,
    description: 'Whether it looks at the query, as it came and, with unescapeQueryString, unescaped.',
  }),
  scanAllRaw: Type.Boolean({
    default: false,
    description: 'Whether it looks at the request line and all headers as they came.',
  }),
  denyUnescapedPercent: Type.Boolean({
    default: true,
    description: 'Whether a `%` that begins no escape is refused in what it looks at.',
  }),
  scanHeaders: Type.Array(
    Type.Object({ requestHeader: Type.String({ minLength: 1, description: 'Name of a header.' }) }),
    { default: [], description: 'Headers that it looks at.' },
  ),
  appliesTo: Type.Array(
    Type.Object({ fileExtension: Type.String({ minLength: 1, description: 'As `.aspx`.' }) }),
    { default: [], description: 'File name extensions of the URLs that it is about; none is all.' },
  ),
  denyStrings: Type.Array(
    Type.Object({ string: Type.String({ minLength: 1, description: 'Found in any letter case.' }) }),
    { default: [], description: 'What it refuses.' },
  ),
}

export const requestFiltering = Type.Object(
  {
    allowDoubleEscaping: Type.Boolean({
      default: false,
      description:
        'Whether a path may be one that decodes differently a second time; else 404.11. Taken from `webLimits.allowDoubleEscaping` where left out.',
    }),
    allowHighBitCharacters: Type.Boolean({
      default: true,
      description: 'Whether a URL may have characters beyond ASCII, escaped or not; else 404.12.',
    }),
    unescapeQueryString: Type.Boolean({
      default: true,
      description: 'Whether a query is searched unescaped too, not only as it came.',
    }),
    removeServerHeader: Type.Boolean({
      default: false,
      description: 'Whether the header Server is taken out of responses. The server itself sends none.',
    }),
    verbs: Type.Object(
      {
        allowUnlisted,
        applyToWebDAV,
        add: Collection('verb', 'A method.', { allowed }, 'Methods; a denied one is answered 404.6.'),
      },
      { description: 'Which methods are allowed.' },
    ),
    fileExtensions: Type.Object(
      {
        allowUnlisted,
        applyToWebDAV,
        add: Collection(
          'fileExtension',
          'As `.exe`; `.` is a URL without one.',
          { allowed },
          'Extensions of the last segment of a path; a denied one is answered 404.7.',
        ),
      },
      { description: 'Which file name extensions are allowed.' },
    ),
    hiddenSegments: Type.Object(
      {
        applyToWebDAV,
        add: Collection(
          'segment',
          'A whole segment of a path, in any letter case.',
          {},
          "A path with one is answered 404.8. IIS's list and `node_modules` for applications that serve a folder; none for the others.",
        ),
      },
      { description: 'Segments that nobody may ask for.' },
    ),
    denyUrlSequences: Collection(
      'sequence',
      'Found in any letter case, in the path as it came and as it is decoded.',
      {},
      'A path with one is answered 404.5.',
    ),
    denyQueryStringSequences: Collection(
      'sequence',
      'Found in any letter case.',
      {},
      'A query with one is answered 404.18.',
    ),
    alwaysAllowedUrls: Collection(
      'url',
      'A whole decoded path, as `/health`, in any letter case.',
      {},
      'Paths that no rule about paths refuses; limits, verbs and headers still hold.',
    ),
    alwaysAllowedQueryStrings: Collection(
      'queryString',
      'A whole query, without `?`.',
      {},
      'Queries that no rule about queries refuses; limits still hold.',
    ),
    filteringRules: Collection(
      'name',
      'Name of the rule.',
      filteringRule,
      'Rules of your own; what they find is answered 404.19.',
    ),
    requestLimits: Type.Object(
      {
        maxAllowedContentLength: Type.Integer({
          minimum: 0,
          maximum: UINT_MAX,
          default: 30_000_000,
          unit: 'bytes',
          description:
            'Longest request body, with or without Content-Length; a longer one is answered 413.1.',
        }),
        maxUrl: Type.Integer({
          minimum: 0,
          maximum: UINT_MAX,
          default: 4096,
          unit: 'bytes',
          description: 'Longest path as it came, without its query; a longer one is answered 404.14.',
        }),
        maxQueryString: Type.Integer({
          minimum: 0,
          maximum: UINT_MAX,
          default: 2048,
          unit: 'bytes',
          description: 'Longest query as it came; a longer one is answered 404.15.',
        }),
        headerLimits: Collection(
          'header',
          'Name of a header.',
          {
            sizeLimit: Type.Integer({
              minimum: 0,
              maximum: UINT_MAX,
              default: 0,
              unit: 'bytes',
              description: 'Longest value.',
            }),
          },
          'Longest values of headers; a longer one is answered 404.10.',
        ),
      },
      { description: 'How large a request may be.' },
    ),
  },
  {
    description:
      'Requests that never reach an application. Inherited from the server by sites, from sites by applications.',
  },
)

/** One entry of a collection, with what it is known by. */
type Listed<K extends string, More = unknown> = Readonly<Record<K, string>> & {
  /** Where in the file it stands; '' for one that is there without being declared. */
  readonly pointer: string
} & Readonly<More>

/** What holds for one application: its own, its site's and the server's, merged. */
export interface FilteringConfig {
  readonly allowDoubleEscaping: boolean
  readonly allowHighBitCharacters: boolean
  readonly unescapeQueryString: boolean
  readonly removeServerHeader: boolean
  readonly verbs: AllowList<'verb'>
  readonly fileExtensions: AllowList<'fileExtension'>
  readonly hiddenSegments: { readonly add: readonly Listed<'segment'>[] }
  readonly denyUrlSequences: readonly Listed<'sequence'>[]
  readonly denyQueryStringSequences: readonly Listed<'sequence'>[]
  readonly alwaysAllowedUrls: readonly Listed<'url'>[]
  readonly alwaysAllowedQueryStrings: readonly Listed<'queryString'>[]
  readonly filteringRules: readonly FilteringRuleConfig[]
  readonly requestLimits: {
    readonly maxAllowedContentLength: number
    readonly maxUrl: number
    readonly maxQueryString: number
    readonly headerLimits: readonly Listed<'header', { sizeLimit: number }>[]
  }
  /** The listener lets double escapes through because some application wants them: this one has to look itself. */
  readonly checksEscapes: boolean
}

export type FilteringRuleConfig = Listed<
  'name',
  {
    scanUrl: boolean
    scanQueryString: boolean
    scanAllRaw: boolean
    denyUnescapedPercent: boolean
    scanHeaders: readonly { readonly requestHeader: string }[]
    appliesTo: readonly { readonly fileExtension: string }[]
    denyStrings: readonly { readonly string: string }[]
  }
>

export interface AllowList<K extends string> {
  readonly allowUnlisted: boolean
  readonly add: readonly Listed<K, { allowed: boolean }>[]
}
