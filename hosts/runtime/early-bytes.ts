/** What a client that wants another protocol has sent before the application took its connection over. */
import type { TunnelSocket } from './tunnel-socket.js'

export class EarlyBytes {
  readonly chunks: Uint8Array[] = []
  /** The client has ended its half. */
  ended = false

  passTo(tunnel: TunnelSocket): void {
    for (const chunk of this.chunks) tunnel.body(chunk)
    if (this.ended) tunnel.bodyEnd()
  }
}
