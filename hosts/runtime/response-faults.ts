/** Tells the event log of applications whose answers are no valid responses, or do not keep to the length they declare. */
import type { IncomingMessage } from 'node:http'
import type { ServerEvent } from '../../core/contract/events.js'
import type { HostedRequest } from './hosted-request.js'
import type { MissedLength } from './node-internals.js'
import type { ResponseFault } from './response-head.js'

/** What happened, and what became of it. */
const TEXTS: Readonly<Record<ResponseFault, string>> = {
  head: 'with a head that is no valid HTTP (a line break, NUL or other control character in a field, or no field at all); its client got 502',
  lengths:
    'with lengths that contradict each other or its status; what could be told was sent with one length, all else was answered 502',
  informational: 'with an interim response (1xx) that is no valid one; it was left out',
  body: 'with a body where there is none to be, or with more than belongs to it; that was left out',
}

/** Each application is told of once for each kind in a worker's life: one that does so, does so often. */
export class ResponseFaults {
  private readonly told = new Set<string>()
  private readonly tell: (event: ServerEvent) => void

  constructor(tell: (event: ServerEvent) => void) {
    this.tell = tell
  }

  /** The answer to `request` has left, and its connection is closed for it. */
  addMissed(request: IncomingMessage, { declared, given }: MissedLength): void {
    this.add(
      request,
      'missed',
      `with a body of ${given} bytes, but declared a Content-Length of ${declared}; the connection was closed, so that its client knows`,
      { declared, given },
    )
  }

  addFault(request: IncomingMessage, fault: ResponseFault): void {
    this.add(request, fault, TEXTS[fault], { fault })
  }

  private add(
    request: IncomingMessage,
    kind: string,
    what: string,
    facts: Readonly<Record<string, unknown>>,
  ): void {
    const variables = (request as HostedRequest).serverVariables
    if (!variables) return
    const { APPL_MD_PATH, APP_POOL_ID, HTTP_URL, INSTANCE_NAME, REQUEST_METHOD, SCRIPT_NAME } = variables
    const key = `${kind} ${APPL_MD_PATH}`
    if (this.told.has(key)) return
    this.told.add(key)
    const application = SCRIPT_NAME || '/'
    this.tell({
      id: 0,
      level: 'warning',
      source: 'worker',
      text:
        `Application "${INSTANCE_NAME}${application}" answered ${REQUEST_METHOD} ${HTTP_URL} ${what}. ` +
        'This worker does not tell of it again.',
      facts: { site: INSTANCE_NAME, application, pool: APP_POOL_ID, url: HTTP_URL, ...facts },
    })
  }
}
