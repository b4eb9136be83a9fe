/** The options of `type: "cgi"`, with the words of IIS's section `cgi` where it has them. */
import type { TUnsafe } from 'typebox'
import {
  gatewayDefaults,
  gatewayProperties,
  integer,
  MINUTE,
  timeSpan,
  type GatewayOptions,
} from '../gateway/options.js'

export interface CgiOptions extends GatewayOptions {
  /** Milliseconds that a script may take. */
  readonly timeout: number
  /** By ending: the program, and what stands before the script on its command line. */
  readonly interpreters: Readonly<Record<string, string | readonly string[]>>
  readonly maxProcesses: number
  readonly queueLength: number
  /** Milliseconds. */
  readonly queueTimeout: number
}

export const cgiDefaults: CgiOptions = {
  ...gatewayDefaults,
  extensions: ['.cgi', '.pl', '.py'],
  defaultDocuments: ['index.cgi', 'index.pl', 'index.py'],
  timeout: 15 * MINUTE,
  interpreters: {},
  maxProcesses: 32,
  queueLength: 1_000,
  queueTimeout: MINUTE / 2,
}

export const cgiOptions = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...gatewayProperties(cgiDefaults),
    timeout: timeSpan('00:15:00', 'How long a script may take, until it is killed.'),
    interpreters: {
      type: 'object',
      additionalProperties: {
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        minLength: 1,
      },
      default: {},
      description:
        'By ending (".pl"): the program that runs such scripts, or a list of it and its arguments. Others must be executable.',
    },
    maxProcesses: integer(
      cgiDefaults.maxProcesses,
      1,
      10_000,
      'Scripts that may run at a time in one worker.',
    ),
    queueLength: integer(
      cgiDefaults.queueLength,
      0,
      65_535,
      'Requests that may wait for that; more get 503.',
    ),
    queueTimeout: timeSpan('00:00:30', 'How long a request may wait for that, until it gets 503.'),
  },
} as unknown as TUnsafe<Partial<CgiOptions>>
