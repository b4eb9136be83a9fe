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
    408,
    0,
    'Timer_HeaderWait',
    'Request Timeout',
    'The request was not received in time.',
  ),
  INTERNAL: row(500, 0, 'Internal', 'Internal Server Error', 'The server could not process the request.'),
  BAD_GATEWAY: row(502, 0, '-', 'Bad Gateway', 'The application ended before it had answered the request.'),
  UNAVAILABLE: row(503, 0, 'N/A', 'Service Unavailable', 'The service is unavailable.'),
  APP_FAILED: row(503, 0, '-', 'Service Unavailable', 'The application could not be started.', false),
  POOL_DISABLED: row(503, 0, 'Disabled', 'Service Unavailable', 'The service is unavailable.'),
  APP_OFFLINE: row(503, 0, 'AppOffline', 'Service Unavailable', 'The service is unavailable.'),
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
