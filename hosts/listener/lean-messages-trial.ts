/** Tries out, before the first socket is opened, whether this Node's http server can do with the lean messages. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import { leanMessages } from './lean-messages.js'
import { canFinish, finishNodeResponse } from './node-response.js'

/** Says no to them: for a Node that is newer than this version of webgarden, should the trial not notice. */
const SWITCH = 'WEBGARDEN_LEAN_MESSAGES'

/** Two requests at once, one with a body, one that is cut off: all that node's server does with its messages. */
const TRIAL = [
  'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab',
  'GET /4 HTTP/1.1\r\nHost: a\r\n\r\nGET /5 HTTP/1.1\r\nHost: a\r\n\r\n',
]
const EXPECTED = '/1 /2 /3 /4 /5'

export const leanMessagesWork = (): boolean => {
  if (process.env[SWITCH] === '0') return false
  const server = createServer({ ...leanMessages, requireHostHeader: false })
  const came: string[] = []
  const waiting: ServerResponse[] = []
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (canFinish(response)) came.push(request.url ?? '')
    // The last two never get their responses.
    if (came.length < 4) waiting.push(response)
  })
  const socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, written) => {
      written()
    },
  })
  try {
    server.emit('connection', socket)
    for (const bytes of TRIAL) {
      socket.emit('data', Buffer.from(bytes))
      for (const response of waiting.splice(0)) finishNodeResponse(response)
    }
    socket.emit('close')
    return came.join(' ') === EXPECTED
  } catch {
    return false
  } finally {
    socket.destroy()
    server.close()
  }
}
