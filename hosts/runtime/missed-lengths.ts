/** Tells the event log of applications whose answers do not keep to the Content-Length they declare. */
import type { IncomingMessage } from 'node:http'
import type { ServerEvent } from '../../core/contract/events.js'
import type { HostedRequest } from './hosted-request.js'
import type { MissedLength } from './node-internals.js'

/** Each application is told of once in a worker's life: one that does so, does so often. */
export class MissedLengths {
  private readonly told = new Set<string>()
  private readonly tell: (event: ServerEvent) => void

  constructor(tell: (event: ServerEvent) => void) {
    this.tell = tell
  }

  /** The answer to `request` has left, and its connection is closed for it. */
  add(request: IncomingMessage, { declared, given }: MissedLength): void {
    const variables = (request as HostedRequest).serverVariables
    if (!variables) return
    const { APPL_MD_PATH, APP_POOL_ID, HTTP_URL, INSTANCE_NAME, REQUEST_METHOD, SCRIPT_NAME } = variables
    if (this.told.has(APPL_MD_PATH)) return
    this.told.add(APPL_MD_PATH)
    const application = SCRIPT_NAME || '/'
    this.tell({
      id: 0,
      level: 'warning',
      source: 'worker',
      text:
        `Application "${INSTANCE_NAME}${application}" answered ${REQUEST_METHOD} ${HTTP_URL} with a body of ${given} bytes, ` +
        `but declared a Content-Length of ${declared}; the connection was closed, so that its client knows. ` +
        'This worker does not tell of it again.',
      facts: { site: INSTANCE_NAME, application, pool: APP_POOL_ID, url: HTTP_URL, declared, given },
    })
  }
}
