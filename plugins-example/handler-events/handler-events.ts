/** Server-sent events: tells each client the time, until it goes or the worker is to end. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import { defineHandler } from 'webgarden'
import { worker } from 'webgarden/worker'

export default defineHandler({
  name: 'handler-events',
  options: Type.Object({
    interval: Type.Integer({ minimum: 10, default: 1000, description: 'Milliseconds between two events.' }),
  }),

  async handle(ecb) {
    ecb.sendResponseHeaderEx({
      status: 200,
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
    })
    // A client that comes back says what it had last.
    let id = Number(ecb.getServerVariable('HTTP_LAST_EVENT_ID') ?? 0)
    const over = AbortSignal.any([ecb.signal, worker.signal])
    try {
      while (!over.aborted) {
        id++
        await ecb.writeClient(`id: ${id}\nevent: time\ndata: ${new Date().toISOString()}\n\n`)
        await sleep(ecb.options.interval, undefined, { signal: over })
      }
    } catch (error) {
      // Gone in the middle of something: that is how it ends.
      if (!over.aborted) throw error
    }
  },
})
