/** `caching`: what the response cache keeps, and how; for the server, and by inheritance for each site and application. */
import { Type } from 'typebox'
import { DAY, SECOND, TimeSpan } from './keywords.js'

const POLICIES = ['DontCache', 'CacheUntilChange', 'CacheForTimePeriod', 'DisableCache', 0, 1, 2, 3] as const

const profile = Type.Object({
  extension: Type.String({
    pattern: '^(\\*|\\.[^/.]+)$',
    default: '*',
    description: 'Extension of the URL paths that it is for, such as `.htm`; `*` is all.',
  }),
  path: Type.String({
    pattern: '^(\\*|/[^*]*\\*?)$',
    default: '*',
    description:
      'Paths that it is for, below the application: `*`, `/exact`, `/folder/*`. The longest path that fits counts, then the extension.',
  }),
  policy: Type.Enum(POLICIES, {
    default: 'DontCache',
    description:
      'DontCache (0), DisableCache (3): never kept. CacheUntilChange (1): until the file that the URL leads to below physicalPath changes. CacheForTimePeriod (2): for `duration`.',
  }),
  kernelCachePolicy: Type.Enum(POLICIES, {
    default: 'DontCache',
    description: 'Counts where `policy` is DontCache: there is one cache here.',
  }),
  duration: TimeSpan({
    from: 0,
    to: 365 * DAY,
    default: '00:00:30',
    description: 'How long CacheForTimePeriod keeps a response.',
  }),
  location: Type.Enum(['Any', 'Client', 'Downstream', 'Server', 'None', 'ServerAndClient'], {
    default: 'Any',
    notSupportedYet: true,
    description: 'Which other caches are told that they may keep it.',
  }),
  varyByHeaders: Type.String({
    default: '',
    description: 'Request headers, with commas: each combination of their values has a response of its own.',
  }),
  varyByQueryString: Type.String({
    default: '*',
    description:
      'Parameters of the query, with commas, that tell responses apart; all others are passed over. `*` is the whole query.',
  }),
})

/** What sites and applications inherit. */
export const sharedCaching = {
  maxResponseSize: Type.Integer({
    minimum: 0,
    maximum: 4_294_967_295,
    default: 262_144,
    unit: 'bytes',
    description: 'A larger response is not kept.',
  }),
  profiles: Type.Array(profile, {
    default: [],
    description: 'Policies by path and extension, for what its application has not forbidden to keep.',
  }),
  frequentHitThreshold: Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    default: 1,
    unit: 'requests',
    description:
      'A response is kept once its URL was asked for so often within `frequentHitTimePeriod`; 1 is at once (IIS: 2).',
  }),
  frequentHitTimePeriod: TimeSpan({
    from: SECOND,
    to: DAY,
    default: '00:00:10',
    description: 'Time within which those requests must come.',
  }),
  coalesceTimeLimit: TimeSpan({
    from: 0,
    to: 3600 * SECOND,
    default: '00:00:02',
    description:
      'How long requests wait for a response that a worker is making for another one already, before they fetch it themselves; 0 is not at all.',
  }),
  staleIfError: TimeSpan({
    from: 0,
    to: 365 * DAY,
    default: '00:01:00',
    description:
      'How long a response may be stale that is sent because the application cannot be reached (its worker was lost, 502, 504); its own stale-if-error goes before, must-revalidate forbids it.',
  }),
  heuristicFraction: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description:
      'Part of its age by Last-Modified for which a response is fresh that says nothing of its freshness (RFC 9111 suggests 0.1); 0 is not at all.',
  }),
  targetedFields: Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }), {
    default: ['CDN-Cache-Control'],
    description: 'Fields that count here instead of Cache-Control, the first that is there (RFC 9213).',
  }),
  storeSetCookie: Type.Boolean({
    default: false,
    description: 'Whether a response with Set-Cookie may be kept: all who get the copy get the cookie.',
  }),
  flushOnRecycle: Type.Boolean({
    default: false,
    description: 'Whether what a pool has answered is forgotten when one of its workers ends.',
  }),
}

/** `caching` of sites and applications. */
export const cachingOf = (what: string, enabled: string) =>
  Type.Object(
    { enabled: Type.Boolean({ default: true, description: enabled }), ...sharedCaching },
    { description: `The response cache for this ${what}.` },
  )

/** `caching` of the server. */
export const caching = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Whether there is a response cache at all.' }),
    maxCacheSize: Type.Integer({
      minimum: 0,
      maximum: 1_048_576,
      default: 64,
      unit: 'MB',
      description: 'Size of the cache; 0 is a quarter of the free memory, at most 512.',
    }),
    ...sharedCaching,
    scavengerPeriod: TimeSpan({
      from: SECOND,
      to: DAY,
      default: '00:02:00',
      description: 'How often stale responses are dropped that nobody has asked for meanwhile.',
    }),
    cacheStatus: Type.String({
      pattern: "^([A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*)?$",
      default: '',
      description:
        'Name under which the cache tells in `Cache-Status` what it did (RFC 9211); empty is not at all.',
    }),
    frontDoor: Type.Boolean({
      default: true,
      description:
        "Whether a connection's repeated requests are answered before they are parsed. Changes nothing but speed.",
    }),
    enableKernelCache: Type.Boolean({
      default: true,
      notSupportedYet: true,
      description: 'Whether the listener itself keeps responses; here it always does.',
    }),
  },
  { description: 'The response cache.' },
)
