/** Makes a request listener of a fetch handler; loaded only by workers that host one. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { FastResponse, NodeRequest, patchGlobalRequest, sendNodeResponse } from 'srvx/node'

/** What a handler gets beside the request, under the names that @hono/node-server gives it. */
export interface Environment {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

export type Fetch = (request: Request, environment: Environment) => Response | Promise<Response>

/**
 * Bodies stream both ways, and the request's signal is aborted when the client goes away. A handler that throws costs its
 * client a 500.
 */
export const fetchListener = (fetch: Fetch): RequestListener => {
  // So that `new Request(request)` works in the application, as it does on every other fetch server.
  patchGlobalRequest()
  // A Response of node's own brings its body as a stream: half the speed, and no Content-Length.
  // Its type leaves out the static methods that it inherits.
  globalThis.Response = FastResponse as unknown as typeof Response
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    try {
      const request = new NodeRequest({ req: incoming, res: outgoing })
      await sendNodeResponse(outgoing, await fetch(request, { incoming, outgoing }))
    } catch (error) {
      // eslint-disable-next-line no-console -- an application's error goes where its own output goes
      console.error(error)
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(500).end()
    }
  }
  return (incoming, outgoing) => {
    void answer(incoming, outgoing)
  }
}
