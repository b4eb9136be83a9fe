/** The options that CGI and FastCGI share; plain objects, since loading TypeBox costs every worker. */
import type { ScriptOptions } from './script-path.js'

export interface GatewayOptions extends ScriptOptions {
  readonly static: boolean
  readonly allowAuthorization: boolean
  /** Bytes. */
  readonly maxSpooledBody: number
  /** Bytes. */
  readonly maxResponseHeader: number
}

export const MINUTE = 60_000
/** What a timer of node can wait for, a little less than 25 days. */
export const LONGEST = 2_147_483_647

/** As `TimeSpan` of the configuration's own schema. */
export const timeSpan = (text: string, description: string, from = 1) => ({
  type: 'string',
  timeSpan: { from, to: LONGEST },
  default: text,
  description,
})

export const integer = (number: number, minimum: number, maximum: number, description: string) => ({
  type: 'integer',
  minimum,
  maximum,
  default: number,
  description,
})

export const yesOrNo = (value: boolean, description: string) => ({
  type: 'boolean',
  default: value,
  description,
})

export const words = (list: readonly string[], description: string, pattern?: string) => ({
  type: 'array',
  items: { type: 'string', minLength: 1, ...(pattern === undefined ? {} : { pattern }) },
  default: list,
  description,
})

export const gatewayDefaults: GatewayOptions = {
  extensions: [],
  defaultDocuments: [],
  fallback: '',
  hiddenSegments: [],
  followLinks: false,
  static: false,
  allowAuthorization: false,
  maxSpooledBody: 30_000_000,
  maxResponseHeader: 65_536,
}

export const gatewayProperties = (defaults: GatewayOptions) => ({
  extensions: words(
    defaults.extensions,
    'Endings of the files that are scripts, with the dot.',
    '^\\.[^./]+$',
  ),
  defaultDocuments: words(
    defaults.defaultDocuments,
    'What a folder is answered with: the first of these that it holds.',
  ),
  fallback: {
    type: 'string',
    default: defaults.fallback,
    description: 'The script that answers for what does not exist (front controller). Empty: 404.',
  },
  hiddenSegments: words(
    defaults.hiddenSegments,
    'Names of files and folders that clients are told do not exist.',
  ),
  followLinks: yesOrNo(defaults.followLinks, 'Whether symbolic links may lead out of the folder.'),
  static: yesOrNo(defaults.static, 'Whether files that are no scripts are sent as they are.'),
  allowAuthorization: yesOrNo(
    defaults.allowAuthorization,
    'Whether scripts get the Authorization header, that is the passwords of clients.',
  ),
  maxSpooledBody: integer(
    defaults.maxSpooledBody,
    0,
    4_294_967_295,
    'Bytes of a request body without Content-Length, which is taken in before the script starts.',
  ),
  maxResponseHeader: integer(
    defaults.maxResponseHeader,
    1_024,
    16_777_216,
    'Bytes of the header that a script may answer with.',
  ),
})
