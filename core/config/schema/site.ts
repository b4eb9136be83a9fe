/** `sites` and `siteDefaults`: where a site is reached, its limits, its log, its applications. */
import { Type } from 'typebox'
import { application, applicationDefaults } from './application.js'
import { cachingOf } from './caching.js'
import { dynamicIpSecurity } from './dynamic-ip-security.js'
import { extensionLists } from './extensions.js'
import { FilePath, Formed, SECOND, TimeSpan, UINT_MAX } from './keywords.js'
import { logFile } from './log-file.js'
import { access, certificate, tls } from './tls.js'
import { requestFiltering } from './request-filtering.js'

export const binding = Type.Object({
  protocol: Type.Enum(['http', 'https', 'net.tcp', 'net.pipe', 'net.msmq', 'msmq.formatname', 'ftp'], {
    default: 'http',
    notSupportedYet: ['net.tcp', 'net.pipe', 'net.msmq', 'msmq.formatname', 'ftp'],
    description: 'Protocol of the binding.',
  }),
  bindingInformation: Formed('bindingInformation', {
    description:
      '`IP:port:host`. `*` is every address, IPv6 stands in brackets, port 0 is any free one; the host may be empty, a name, or `*.example.com`. `unix:/path:host` is a Unix socket, `systemd:name:host` one that systemd hands over.',
  }),
  socketMode: Type.String({
    pattern: '^0?[0-7]{3}$',
    default: '0660',
    description: 'Who may connect to a Unix socket: its permissions, octal.',
  }),
  sslFlags: Type.Integer({
    minimum: 0,
    maximum: 127,
    default: 0,
    description:
      'https. Bits: 1 for clients only that name the host (SNI), 4 no HTTP/2, 32 no TLS 1.3, 64 no TLS before 1.2. 8 (OCSP stapling) and 16 (QUIC) say no to what there is not; 2, the central certificate store, is refused.',
  }),
  http2: Type.Boolean({
    default: false,
    description:
      'http: whether clients that know of it may speak HTTP/2 without TLS (h2c). On https HTTP/2 is on, unless sslFlags has 4.',
  }),
  certificates: Type.Array(certificate, {
    default: [],
    description:
      'https: for clients that name the host of the binding; without a host, for the names in each certificate, and the first for all others.',
  }),
  tls,
  proxyProtocol: Type.Boolean({
    default: false,
    description:
      'Whether each connection begins with a header of the PROXY protocol, version 1 or 2, that names the client.',
  }),
})

const limits = Type.Object(
  {
    connectionTimeout: TimeSpan({
      from: 0,
      to: 65_535 * SECOND,
      default: '00:02:00',
      description: 'A connection on which nothing happens for so long is closed; 0 is never.',
    }),
    maxUrlSegments: Type.Integer({
      minimum: 0,
      maximum: 16_383,
      default: 32,
      unit: 'segments',
      description: 'A URL path with more segments is answered 404.20.',
    }),
    maxBandwidth: Type.Integer({
      minimum: 1024,
      maximum: UINT_MAX,
      default: UINT_MAX,
      unit: 'bytes/s',
      description:
        'Most bytes a second to all clients of the site together; 4294967295 is no limit of its own.',
    }),
    maxConnections: Type.Integer({
      minimum: 0,
      maximum: UINT_MAX,
      default: UINT_MAX,
      unit: 'connections',
      description: 'Most connections of the site; one more is answered 403.9. 4294967295 is no limit.',
    }),
    dynamicIpSecurity,
  },
  { description: 'Limits of the site.' },
)

const traceFailedRequestsLogging = Type.Object(
  {
    enabled: Type.Boolean({ default: false, description: 'Whether failed requests are traced.' }),
    directory: FilePath({ default: 'logs/FailedReqLogFiles', description: 'Folder of the traces.' }),
    maxLogFiles: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 50,
      description: 'Traces that are kept.',
    }),
    maxLogFileSizeKB: Type.Integer({
      minimum: 0,
      maximum: 1_048_576,
      default: 1024,
      unit: 'KB',
      description: 'Largest trace.',
    }),
    customActionsEnabled: Type.Boolean({ default: false, description: 'Whether a trace may run a program.' }),
  },
  { notSupportedYet: true, description: 'Traces of failed requests.' },
)

const hsts = Type.Object(
  {
    enabled: Type.Boolean({
      default: false,
      description: 'Whether Strict-Transport-Security is sent with what leaves by https.',
    }),
    'max-age': Type.Integer({
      minimum: 0,
      maximum: UINT_MAX,
      default: 0,
      unit: 's',
      description: 'Its max-age.',
    }),
    includeSubDomains: Type.Boolean({ default: false, description: 'Whether it covers sub-domains.' }),
    preload: Type.Boolean({ default: false, description: 'Whether it says preload.' }),
    redirectHttpToHttps: Type.Boolean({
      default: false,
      description: 'Whether http is redirected to https; needs `enabled`.',
    }),
  },
  { description: 'HTTP Strict Transport Security (RFC 6797).' },
)

/** What `siteDefaults` may hold. */
const siteSettings = {
  serverAutoStart: Type.Boolean({
    default: true,
    description: 'Whether the site is started with the server.',
  }),
  limits,
  logFile,
  caching: cachingOf('site', 'Whether responses of the site may be kept; an application may say otherwise.'),
  traceFailedRequestsLogging,
  hsts,
}

export const siteDefaults = Type.Object(siteSettings, { description: 'What each site begins with.' })

export const site = Type.Object({
  name: Formed('siteName', { description: 'Name of the site.' }),
  id: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: UINT_MAX,
      description: 'Number of the site, in the names of its logs. The lowest free one where left out.',
    }),
  ),
  bindings: Type.Array(binding, { minItems: 1, description: 'Where the site is reached.' }),
  applications: Type.Array(application, { minItems: 1, description: 'What the site is made of.' }),
  applicationDefaults,
  access,
  ...siteSettings,
  ...extensionLists,
  requestFiltering,
})
