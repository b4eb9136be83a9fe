/** A log stage that writes one line of JSON for each request. */
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Type } from 'typebox'
import { defineStage, type RequestContext } from 'webgarden'

/** Bytes that may wait for the disk; lines that come on top are dropped, because a log must never hold a request up. */
const MOST_WAITING = 4 * 1024 * 1024

export default defineStage({
  name: 'log-json-lines',
  slot: 'log',
  options: Type.Object({
    file: Type.String({ minLength: 1, description: 'The log, relative to the configuration file.' }),
  }),

  setup({ config, events, onClose }, options) {
    const file = resolve(config.directory, options.file)
    mkdirSync(dirname(file), { recursive: true })
    const stream = createWriteStream(file, { flags: 'a' })
    stream.on('error', (error) => {
      events.write({
        id: 0,
        level: 'error',
        source: 'module',
        text: `The log ${file} cannot be written any more: ${error.message}`,
      })
    })
    // After the last request was logged: what still waits goes to the disk.
    onClose(() => new Promise<void>((done) => stream.end(done)))
    return {
      run(ctx) {
        if (!stream.destroyed && stream.writableLength < MOST_WAITING) stream.write(lineOf(ctx))
        return 'CONTINUE'
      },
    }
  },
})

/** JSON escapes line ends, so that nobody can add lines of his own with a cleverly made URL. */
const lineOf = (ctx: RequestContext): string =>
  `${JSON.stringify({
    time: new Date(ctx.receivedAt).toISOString(),
    client: ctx.connection.remoteAddress,
    method: ctx.method,
    host: ctx.host,
    target: ctx.target,
    site: ctx.site?.name,
    application: ctx.application?.path,
    status: ctx.response.status,
    subStatus: ctx.response.subStatus,
    error: ctx.error ?? undefined,
    fromCache: ctx.response.fromCache,
    bytesSent: ctx.bytesSent,
    milliseconds: ctx.completedAt - ctx.receivedAt,
  })}\n`
