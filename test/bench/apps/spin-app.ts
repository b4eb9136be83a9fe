/** An application that a request to /spin brings into an endless loop; any other request is answered. */
import type { IncomingMessage, ServerResponse } from 'node:http'

const app = (request: IncomingMessage, response: ServerResponse): void => {
  if (request.url === '/spin') for (;;);
  response.end('not spinning')
}

export default app
