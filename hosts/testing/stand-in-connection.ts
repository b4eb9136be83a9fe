/** A client connection that no socket is behind. */
import type { Connection } from '../../core/index.js'

let lastId = 0

export const standInConnection = (): Connection => ({
  id: ++lastId,
  remoteAddress: '127.0.0.1',
  remotePort: 50_000,
  localAddress: '127.0.0.1',
  localPort: 80,
  encrypted: false,
  receiver: null,
  receiverQueue: null,
  headers: [],
  sentHeaders: [],
  sentTo: null,
  knownTo: new Set(),
  closed: false,
})
