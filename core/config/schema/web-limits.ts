/** `webLimits`: limits of the whole server, with those that http.sys keeps in the registry. */
import { Type } from 'typebox'
import { dynamicIpSecurity } from './dynamic-ip-security.js'
import { Formed, SECOND, TimeSpan, UINT_MAX } from './keywords.js'

export const webLimits = Type.Object(
  {
    connectionTimeout: TimeSpan({
      from: 0,
      to: 65_535 * SECOND,
      default: '00:02:00',
      description:
        'A connection that has not reached a site and does nothing for so long is closed; 0 is never.',
    }),
    headerWaitTimeout: TimeSpan({
      from: 0,
      to: 65_535 * SECOND,
      default: '00:00:00',
      description: 'A request head must be complete within so long; 0 is 120 s.',
    }),
    listenerThreads: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 1,
      unit: 'listeners',
      description:
        'How many event loops accept connections: the server itself and, above 1, a process for each further one.',
    }),
    demandStartThreshold: Type.Integer({
      minimum: 10,
      maximum: 2_147_483_647,
      default: 2_147_483_647,
      unit: 'workers',
      description: 'Most workers of all pools together.',
    }),
    maxFieldLength: Type.Integer({
      minimum: 64,
      maximum: 65_534,
      default: 16_384,
      unit: 'bytes',
      description: 'Longest header field, name and value (http.sys MaxFieldLength).',
    }),
    maxRequestBytes: Type.Integer({
      minimum: 256,
      maximum: 16_777_216,
      default: 16_384,
      unit: 'bytes',
      description: 'Longest request line and header fields together (http.sys MaxRequestBytes).',
    }),
    urlSegmentMaxLength: Type.Integer({
      minimum: 0,
      maximum: 32_766,
      default: 260,
      unit: 'characters',
      description: 'Longest segment of a URL path; 0 is no limit (http.sys UrlSegmentMaxLength).',
    }),
    urlSegmentMaxCount: Type.Integer({
      minimum: 0,
      maximum: 16_383,
      default: 255,
      unit: 'segments',
      description: 'Most segments of a URL path; 0 is no limit (http.sys UrlSegmentMaxCount).',
    }),
    allowRestrictedChars: Type.Boolean({
      default: false,
      description: 'Whether %00-%1F and %7F-%9F may stand in a URL (http.sys AllowRestrictedChars).',
    }),
    allowDoubleEscaping: Type.Boolean({
      default: false,
      description: 'Whether a URL may be one that decodes differently a second time.',
    }),
    dynamicIdleThreshold: Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 0,
      unit: 'percent',
      description:
        'Share of memory in use; at 80 % of it idle workers end in half the time, at 90 % in a tenth; 0 is off.',
    }),
    maxGlobalBandwidth: Type.Integer({
      minimum: 1024,
      maximum: UINT_MAX,
      default: UINT_MAX,
      unit: 'bytes/s',
      description:
        'Most bytes a second to the clients of all sites together that have no maxBandwidth; 4294967295 is no limit.',
    }),
    minBytesPerSecond: Type.Integer({
      minimum: 0,
      maximum: UINT_MAX,
      default: 240,
      unit: 'bytes/s',
      description: 'A client that reads its response more slowly is cut off; 0 is no limit.',
    }),
    maxConnections: Type.Integer({
      minimum: 0,
      maximum: UINT_MAX,
      default: UINT_MAX,
      unit: 'connections',
      description: 'Most connections of the server; one more is answered 403.9. 4294967295 is no limit.',
    }),
    maxConnectionsPerClient: Type.Integer({
      minimum: 1,
      maximum: UINT_MAX,
      default: UINT_MAX,
      unit: 'connections',
      description:
        'Most connections of one client address; one more is answered 429. 4294967295 is no limit.',
    }),
    trustedProxies: Type.Array(
      Formed('network', { description: 'An address, or a network as `10.0.0.0/8`.' }),
      {
        default: [],
        description:
          'Proxies whose X-Forwarded-For names the client that dynamicIpSecurity counts; where there are any, only they may use proxyProtocol.',
      },
    ),
    dynamicIpSecurity,
    dynamicRegistrationThreshold: Type.Integer({
      minimum: 0,
      maximum: UINT_MAX,
      default: 100,
      notSupportedYet: true,
      unit: 'sites',
      description: 'With more sites than this a site is activated by its first request.',
    }),
  },
  { description: 'Limits of the whole server.' },
)
