/** The application behind what `webgarden try` serves: answers everybody with what it was asked. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export default (request: IncomingMessage, response: ServerResponse): void => {
  const { method, url, headers } = request
  response.setHeader('Content-Type', 'application/json')
  response.end(`${JSON.stringify({ method, url, headers }, null, 2)}\n`)
}
