/** Reads the body of a request piece by piece, no faster than it is asked for. */
import type { IncomingMessage } from 'node:http'
import { connectionReset, type PendingIo } from './pending-io.js'

const NOTHING = Buffer.alloc(0)

/** The next bytes, at most `size`; of length 0 at the end. Rejects with ECONNRESET when the body broke off. */
export const readClient = async (request: IncomingMessage, size: number, io: PendingIo): Promise<Buffer> => {
  for (;;) {
    if (request.readableEnded) return NOTHING
    if (request.destroyed) throw connectionReset()
    // Asked for more than there is, a stream would wait for it.
    const chunk = request.read(Math.min(size, request.readableLength) || undefined) as Buffer | null
    if (chunk !== null) return chunk
    await io.wait(request, ['readable', 'end', 'close', 'error'])
  }
}
