/**
 * The one table of everything that can go wrong with a request: code, HTTP status, IIS sub-status, the reason that
 * the HTTP error log names, and what the client reads. A code is never used for a second meaning.
 */
interface ErrorRow {
  /** HTTP status; 0 means that the connection ends without an answer. */
  readonly status: number
  /** IIS sub-status (learn.microsoft.com, "HTTP status code in IIS"). */
  readonly subStatus: number
  /** `s-reason` of the HTTP error log, or `-` where IIS would write the site's own log instead. */
  readonly reason: string
  readonly title: string
  /** One sentence for the client; it never holds anything of the request or of the server's inside. */
  readonly text: string
  /** Whether the connection is closed after the answer. */
  readonly close: boolean
}

const row = (status: number, subStatus: number, reason: string, title: string, text: string, close = true) =>
  ({ status, subStatus, reason, title, text, close }) satisfies ErrorRow

/** What request filtering refuses is not there, as far as its client learns; the log has the sub-status. */
const filtered = (subStatus: number) =>
  row(404, subStatus, '-', 'Not Found', 'The requested resource is not found.', false)

/** All that can go wrong with a request; docs/errors.md shows the same. */
export const errorTable = {
  BAD_REQUEST: row(400, 0, 'BadRequest', 'Bad Request', 'The request is badly formed.'),
  BAD_VERB: row(400, 0, 'Verb', 'Bad Request - Invalid Verb', 'The request verb is invalid.'),
  BAD_URL: row(400, 0, 'URL', 'Bad Request - Invalid URL', 'The request URL is invalid.'),
  BAD_HEADER: row(
    400,
    0,
    'Header',
    'Bad Request - Invalid Header',
    'The request has an invalid header name or value.',
  ),
  BAD_LINE_END: row(400, 0, 'Invalid_CR/LF', 'Bad Request', 'The request has a misplaced line end.'),
  BAD_NUMBER: row(
    400,
    0,
    'Number',
    'Bad Request - Invalid Content Length',
    'There is an invalid content length or chunk length in the request.',
  ),
  BAD_HOST: row(400, 0, 'Hostname', 'Bad Request - Invalid Hostname', 'The request hostname is invalid.'),
  BAD_VERSION: row(
    505,
    0,
    'Version_N/S',
    'HTTP Version Not Supported',
    'The HTTP version of the request is not supported.',
  ),
  FIELD_TOO_LONG: row(
    400,
    0,
    'FieldLength',
    'Bad Request - Header Field Too Long',
    'A request header field is too long.',
  ),
  REQUEST_TOO_LONG: row(
    400,
    0,
    'RequestLength',
    'Bad Request - Request Too Long',
    'The size of the request headers is too long.',
  ),
  URL_TOO_LONG: row(414, 0, 'URL_Length', 'Request URL Too Long', 'The request URL is too long.'),
  FORBIDDEN_URL: row(403, 0, 'Forbidden', 'Forbidden URL', 'The request URL is forbidden.'),
  DOUBLE_ESCAPED: row(404, 11, 'URL', 'Not Found', 'The requested resource is not found.'),
  TOO_MANY_SEGMENTS: row(404, 20, 'URL', 'Not Found', 'The requested resource is not found.'),
  PLAIN_HTTP: row(
    400,
    0,
    'HTTP_On_HTTPS',
    'Bad Request - HTTPS Required',
    'Plain HTTP was spoken to a port that serves HTTPS; use https in the address.',
  ),
  TLS_REQUIRED: row(403, 4, '-', 'Forbidden', 'This page needs an https connection.', false),
  STRONG_TLS_REQUIRED: row(403, 5, '-', 'Forbidden', 'This page needs an encryption of 128 bits.', false),
  CERTIFICATE_REQUIRED: row(403, 7, '-', 'Forbidden', 'This page needs a client certificate.', false),
  CERTIFICATE_REVOKED: row(403, 13, '-', 'Forbidden', 'The client certificate has been revoked.', false),
  CERTIFICATE_UNTRUSTED: row(403, 16, '-', 'Forbidden', 'The client certificate is not trusted.', false),
  CERTIFICATE_EXPIRED: row(
    403,
    17,
    '-',
    'Forbidden',
    'The client certificate has expired or is not valid yet.',
    false,
  ),
  MISDIRECTED: row(
    421,
    0,
    '-',
    'Misdirected Request',
    'This host must be asked on a connection of its own.',
    false,
  ),
  URL_SEQUENCE_DENIED: filtered(5),
  VERB_DENIED: filtered(6),
  EXTENSION_DENIED: filtered(7),
  HIDDEN_SEGMENT: filtered(8),
  HEADER_OVER_LIMIT: filtered(10),
  DOUBLE_ESCAPE_DENIED: filtered(11),
  HIGH_BIT_CHARACTER: filtered(12),
  URL_OVER_LIMIT: filtered(14),
  QUERY_OVER_LIMIT: filtered(15),
  QUERY_SEQUENCE_DENIED: filtered(18),
  FILTERING_RULE: filtered(19),
  CONTENT_TOO_LONG: row(
    413,
    1,
    '-',
    'Content Too Large',
    'The request body is longer than the server accepts.',
  ),
  NOT_FOUND: row(404, 0, '-', 'Not Found', 'The requested resource is not found.', false),
  EXPECTATION_FAILED: row(417, 0, '-', 'Expectation Failed', 'The expectation of the request cannot be met.'),
  TRANSFER_CODING: row(
    501,
    0,
    'N/I',
    'Not Implemented',
    'The transfer coding of the request is not supported.',
  ),
  HEADERS_TOO_SLOW: row(
    0,
    0,
    'Timer_HeaderWait',
    'Request Timeout',
    'The head of the request was not received in time.',
  ),
  CONNECTION_IDLE: row(
    0,
    0,
    'Timer_ConnectionIdle',
    'Connection idle',
    'Nothing happened on the connection for its time.',
  ),
  BODY_TOO_SLOW: row(
    0,
    0,
    'Timer_EntityBody',
    'Request Timeout',
    'The body of the request was not received in time.',
  ),
  READER_TOO_SLOW: row(
    0,
    0,
    'Timer_MinBytesPerSecond',
    'Client too slow',
    'The client read its response too slowly.',
  ),
  TOO_MANY_CONNECTIONS: row(
    403,
    9,
    'ConnLimit',
    'Access Forbidden: Too many users are connected',
    'Too many users are connected. Please try again later.',
  ),
  TOO_MANY_OF_CLIENT: row(
    429,
    0,
    'ConnLimit',
    'Too Many Requests',
    'Too many connections come from this address.',
  ),
  OUT_OF_DESCRIPTORS: row(
    0,
    0,
    'Connections_Refused',
    'Connection refused',
    'The server has too many open files to accept a connection.',
  ),
  BAD_PROXY_HEADER: row(
    0,
    0,
    'BadRequest',
    'Bad PROXY header',
    'The connection did not begin with a header of the PROXY protocol.',
  ),
  TOO_MANY_AT_ONCE: row(
    429,
    501,
    '-',
    'Too Many Requests',
    'Too many requests of this address are under way.',
    false,
  ),
  TOO_MANY_REQUESTS: row(
    429,
    502,
    '-',
    'Too Many Requests',
    'Too many requests come from this address.',
    false,
  ),
  CONCURRENCY_FORBIDDEN: row(
    403,
    501,
    '-',
    'Forbidden',
    'Too many requests of this address are under way.',
    false,
  ),
  RATE_FORBIDDEN: row(403, 502, '-', 'Forbidden', 'Too many requests come from this address.', false),
  CLIENT_DENIED: row(0, 0, '-', 'Request aborted', 'Too many requests come from this address.'),
  INTERNAL: row(500, 0, 'Internal', 'Internal Server Error', 'The server could not process the request.'),
  BAD_GATEWAY: row(502, 0, '-', 'Bad Gateway', 'The application ended before it had answered the request.'),
  BAD_RESPONSE: row(502, 2, '-', 'Bad Gateway', 'The application gave an answer that is no valid response.'),
  UNAVAILABLE: row(503, 0, 'N/A', 'Service Unavailable', 'The service is unavailable.'),
  APP_FAILED: row(503, 0, '-', 'Service Unavailable', 'The application could not be started.', false),
  POOL_DISABLED: row(503, 0, 'Disabled', 'Service Unavailable', 'The service is unavailable.'),
  APP_OFFLINE: row(503, 0, 'AppOffline', 'Service Unavailable', 'The service is unavailable.'),
  APP_SHUTDOWN: row(503, 0, 'AppShutdown', 'Service Unavailable', 'The service is unavailable.'),
  QUEUE_TIMEOUT: row(503, 0, 'AppPoolTimer', 'Service Unavailable', 'The service is unavailable.'),
  QUEUE_FULL: row(503, 0, 'QueueFull', 'Service Unavailable', 'The service is unavailable.'),
  REFUSED: row(0, 0, 'N/A', 'Refused', 'The pool is out of service and resets its connections.'),
  CLIENT_GONE: row(
    0,
    0,
    'Client_Reset',
    'Client gone',
    'The client closed the connection before the request was handed over.',
  ),
  RESPONSE_CUT: row(
    0,
    0,
    'Connection_Dropped',
    'Response cut',
    'The client closed the connection before the response was complete.',
  ),
  WORKER_LOST: row(
    0,
    0,
    'Connection_Abandoned_By_ReqQueue',
    'Worker lost',
    'The worker ended with the request pending.',
  ),
  TLS_FAILED: row(0, 0, 'TLS_Handshake', 'TLS failed', 'The connection could not be secured.'),
  PROTOCOL_BROKEN: row(0, 0, 'HTTP2_Protocol', 'HTTP/2 failed', 'The client broke the rules of HTTP/2.'),
  TLS_TOO_SLOW: row(0, 0, 'Timer_TLS_Handshake', 'TLS too slow', 'The connection was not secured in time.'),
  RESET_BY_APP: row(0, 0, '-', 'Reset by the application', 'The application cut the connection.'),
} as const

/** The code of a row of `errorTable`. */
export type ErrorCode = keyof typeof errorTable

/** An error of the table, with whatever caused it; stages throw or set it, the runner turns it into an answer. */
export class RequestError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, options?: ErrorOptions) {
    super(errorTable[code].text, options)
    this.name = 'RequestError'
    this.code = code
  }

  get row(): ErrorRow {
    return errorTable[this.code]
  }
}

/** A mistake in the configuration, where it stands and what would be right. `pointer` is a JSON pointer. */
export interface ConfigurationProblem {
  readonly pointer: string
  readonly message: string
  /** Absent where the problem has no place in the file (a port that is in use, say, has: its binding's). */
  readonly line?: number
  readonly column?: number
}

/** Thrown by whatever finds the configuration wrong; holds all the problems at once. */
export class ConfigurationError extends Error {
  readonly problems: readonly ConfigurationProblem[]
  readonly file: string

  constructor(file: string, problems: readonly ConfigurationProblem[]) {
    super(problems.map((problem) => formatProblem(file, problem)).join('\n'))
    this.name = 'ConfigurationError'
    this.file = file
    this.problems = problems
  }
}

/** `FILE:LINE:COLUMN: /pointer: message`, the form that editors can jump to. */
export const formatProblem = (file: string, problem: ConfigurationProblem): string =>
  `${file}:${problem.line ?? 1}:${problem.column ?? 1}: ${problem.pointer || '/'}: ${problem.message}`
