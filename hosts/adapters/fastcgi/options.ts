/** The options of `type: "fastcgi"`: an address, or IIS's `fastCgi/application` with its words and defaults. */
import type { TUnsafe } from 'typebox'
import {
  gatewayDefaults,
  gatewayProperties,
  integer,
  timeSpan,
  words,
  yesOrNo,
  type GatewayOptions,
} from '../gateway/options.js'
import type { StderrMode } from './exchange.js'

export interface FastCgiOptions extends GatewayOptions {
  /** `host:port` or `unix:/path`; '' where `fullPath` is given. */
  readonly address: string
  /** Idle connections to `address` that are kept. */
  readonly keepConnections: number
  readonly fullPath: string
  readonly arguments: readonly string[]
  /** 0: by the number of processors, with an address no limit. */
  readonly maxInstances: number
  /** Milliseconds, as all times here. */
  readonly idleTimeout: number
  readonly activityTimeout: number
  readonly requestTimeout: number
  readonly instanceMaxRequests: number
  readonly queueLength: number
  readonly protocol: 'NamedPipe' | 'Tcp'
  readonly flushNamedPipe: boolean
  readonly rapidFailsPerMinute: number
  readonly environmentVariables: Readonly<Record<string, string>>
  /** Undefined: as IIS for programs of its own, `IgnoreAndReturn200` with an address. */
  readonly stderrMode: StderrMode | undefined
  readonly signalBeforeTerminateSeconds: number
  readonly monitorChangesTo: string
}

export const fastCgiDefaults: FastCgiOptions = {
  ...gatewayDefaults,
  extensions: ['.php'],
  defaultDocuments: ['index.php', 'index.html'],
  static: true,
  allowAuthorization: true,
  address: '',
  keepConnections: 0,
  fullPath: '',
  arguments: [],
  maxInstances: 0,
  idleTimeout: 300_000,
  activityTimeout: 70_000,
  requestTimeout: 90_000,
  instanceMaxRequests: 200,
  queueLength: 1_000,
  protocol: 'NamedPipe',
  flushNamedPipe: false,
  rapidFailsPerMinute: 10,
  environmentVariables: {},
  stderrMode: undefined,
  signalBeforeTerminateSeconds: 0,
  monitorChangesTo: '',
}

const UINT_MAX = 4_294_967_295

export const fastCgiOptions = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...gatewayProperties(fastCgiDefaults),
    address: {
      type: 'string',
      default: '',
      description: 'Where the application listens: "127.0.0.1:9000", "unix:/run/php/php-fpm.sock".',
    },
    keepConnections: integer(
      0,
      0,
      10_000,
      'Idle connections to `address` that are kept. Each holds one child of php-fpm, so keep fewer than it has.',
    ),
    fullPath: {
      type: 'string',
      default: '',
      description: 'The program to start instead: "/usr/bin/php-cgi".',
    },
    arguments: words([], 'Its arguments.'),
    maxInstances: integer(
      0,
      0,
      10_000,
      'Instances of the program, that is requests at a time, in one worker. 0: two for each processor, at least 4; with `address` no limit.',
    ),
    idleTimeout: timeSpan(
      '00:05:00',
      'How long an instance, or a kept connection, may be idle until it is ended.',
    ),
    activityTimeout: timeSpan('00:01:10', 'How long an application may say nothing while it has a request.'),
    requestTimeout: timeSpan('00:01:30', 'How long a request may take in all.'),
    instanceMaxRequests: integer(200, 1, UINT_MAX, 'Requests after which an instance is replaced.'),
    queueLength: integer(1_000, 0, 65_535, 'Requests that may wait for an instance; more get 503.'),
    protocol: {
      enum: ['NamedPipe', 'Tcp'],
      default: 'NamedPipe',
      description: 'How instances are spoken to. NamedPipe: over a Unix socket.',
    },
    flushNamedPipe: yesOrNo(
      false,
      'As in IIS. Has no effect: what is written to a socket arrives, also when it is closed at once.',
    ),
    rapidFailsPerMinute: integer(
      10,
      1,
      100,
      'Instances that may fail within a minute; then no more are started until the minute is over, and clients get 503.',
    ),
    environmentVariables: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Environment of the instances, beside that of the worker.',
    },
    stderrMode: {
      enum: ['ReturnStdErrIn500', 'ReturnGeneric500', 'IgnoreAndReturn200', 'TerminateProcess'],
      description:
        'What becomes of a request whose application writes to standard error before it answers. Where left out: ReturnStdErrIn500, with `address` IgnoreAndReturn200.',
    },
    signalBeforeTerminateSeconds: integer(
      0,
      0,
      3_600,
      'How long an instance has between SIGTERM and SIGKILL. 0: it is killed at once.',
    ),
    monitorChangesTo: {
      type: 'string',
      default: '',
      description: 'A file, php.ini say, whose change replaces all instances. Relative to the physicalPath.',
    },
  },
} as unknown as TUnsafe<Partial<FastCgiOptions>>
