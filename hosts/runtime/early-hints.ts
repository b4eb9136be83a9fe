/** Holds `response.writeEarlyHints` to what node's other ways to set a header are held to: it alone takes line breaks. */
import { ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'

type WriteEarlyHints = typeof ServerResponse.prototype.writeEarlyHints

const node: WriteEarlyHints = Reflect.get(ServerResponse.prototype, 'writeEarlyHints')

const checked: WriteEarlyHints = function (this: ServerResponse, hints, callback) {
  for (const [name, value] of Object.entries(hints)) {
    validateHeaderName(name)
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
  }
  node.call(this, hints, callback)
}

/** For all responses of this thread; a bad name or value throws ERR_INVALID_CHAR, as in `setHeader`. */
export const checkEarlyHints = (): void => {
  ServerResponse.prototype.writeEarlyHints = checked
}
