/** What the configuration says of a proxy: its schema and its defaults. */

export interface ServerOptions {
  readonly url: string
  readonly weight?: number
}

export interface HealthCheck {
  readonly path: string
  readonly interval: number
  readonly timeout: number
  readonly failures: number
  readonly successes: number
}

export interface ForwardOptions {
  readonly preserveHostHeader: boolean
  readonly forwardedHeaders: 'append' | 'replace'
  readonly forwarded: boolean
  readonly reverseRewriteHostInResponseHeaders: boolean
  readonly connectTimeout: number
  readonly requestTimeout: number
  readonly retries: number
  readonly rejectUnauthorized: boolean
}

export interface ProxyOptions extends ForwardOptions {
  readonly servers: readonly (string | ServerOptions)[]
  readonly balance: 'roundRobin' | 'leastConnections'
  readonly maxFailures: number
  readonly failTimeout: number
  readonly healthCheck?: Partial<HealthCheck>
}

export const FORWARD_DEFAULTS: ForwardOptions = {
  preserveHostHeader: true,
  forwardedHeaders: 'append',
  forwarded: false,
  reverseRewriteHostInResponseHeaders: true,
  connectTimeout: 5000,
  requestTimeout: 120_000,
  retries: 1,
  rejectUnauthorized: true,
}

export const PROXY_DEFAULTS: Omit<ProxyOptions, 'servers'> = {
  ...FORWARD_DEFAULTS,
  balance: 'roundRobin',
  maxFailures: 3,
  failTimeout: 10_000,
}

export const HEALTH_DEFAULTS: HealthCheck = {
  path: '/',
  interval: 10_000,
  timeout: 5000,
  failures: 2,
  successes: 1,
}

const milliseconds = (preset: number, description: string): object => ({
  type: 'integer',
  minimum: 1,
  maximum: 2_147_483_647,
  default: preset,
  description,
})
const count = (preset: number, description: string): object => ({
  type: 'integer',
  minimum: 1,
  default: preset,
  description,
})
const url = {
  type: 'string',
  pattern: '^(https?://[^/?#]+(/[^?#]*)?|unix:/.+)$',
  description:
    'http://host:port, https://host:port, with a path in front of every request if wanted, or unix:/path.',
}

export const proxySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['servers'],
  properties: {
    servers: {
      type: 'array',
      minItems: 1,
      items: {
        anyOf: [
          url,
          {
            type: 'object',
            additionalProperties: false,
            required: ['url'],
            properties: { url, weight: count(1, 'Its share of the requests.') },
          },
        ],
      },
      description: 'Who answers.',
    },
    balance: {
      enum: ['roundRobin', 'leastConnections'],
      default: 'roundRobin',
      description: 'How a request finds its server.',
    },
    maxFailures: count(3, 'So many failures in a row put a server aside.'),
    failTimeout: milliseconds(10_000, 'How long a server that failed is put aside, in milliseconds.'),
    healthCheck: {
      type: 'object',
      additionalProperties: false,
      properties: {
        path: { type: 'string', pattern: '^/', default: '/', description: 'Asked for; below 400 is well.' },
        interval: milliseconds(10_000, 'Between two checks, in milliseconds.'),
        timeout: milliseconds(5000, 'For the answer, in milliseconds.'),
        failures: count(2, 'So many in a row take a server out.'),
        successes: count(1, 'So many in a row take it back.'),
      },
      description: 'Asks every server by itself whether it is well. Not given: only requests tell.',
    },
    preserveHostHeader: {
      type: 'boolean',
      default: true,
      description: "Whether the server gets the client's Host, and not its own name.",
    },
    forwardedHeaders: {
      enum: ['append', 'replace'],
      default: 'append',
      description: 'Whether the X-Forwarded-For of the client is kept, with its address behind, or replaced.',
    },
    forwarded: { type: 'boolean', default: false, description: 'Whether Forwarded (RFC 7239) is sent too.' },
    reverseRewriteHostInResponseHeaders: {
      type: 'boolean',
      default: true,
      description: "Whether a Location that names the server is given the client's name of it.",
    },
    connectTimeout: milliseconds(5000, 'For the connection, in milliseconds.'),
    requestTimeout: milliseconds(
      120_000,
      'For the head of the answer, and between its parts, in milliseconds.',
    ),
    retries: {
      type: 'integer',
      minimum: 0,
      default: 1,
      description:
        'How many other servers get a GET, HEAD or OPTIONS without a body that one left unanswered.',
    },
    rejectUnauthorized: {
      type: 'boolean',
      default: true,
      description: 'Whether the certificate of an https server must be valid.',
    },
  },
}
