/** A stage put before `validate`: answers everything with 503 while a file exists. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Type } from 'typebox'
import { defineStage } from 'webgarden'

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Back soon</title>
<body style="color-scheme: light dark; font: 1.1rem/1.6 system-ui; max-width: 30em; margin: 20vh auto; padding: 0 1rem">
<h1>Back soon</h1>
<p>We are working on this site. Please try again in a few minutes.</p>
</html>
`

export default defineStage({
  name: 'maintenance',
  slot: 'validate',
  options: Type.Object({
    file: Type.String({
      minLength: 1,
      description: 'The file to look for, relative to the configuration file.',
    }),
    retryAfter: Type.Integer({
      minimum: 0,
      default: 120,
      description: 'Seconds after which a client may ask again.',
    }),
    lookEvery: Type.Integer({
      minimum: 0,
      default: 1000,
      description: 'Milliseconds between two looks at the file.',
    }),
  }),

  setup({ config, clock }, { file, retryAfter, lookEvery }) {
    const path = resolve(config.directory, file)
    const headers = ['Content-Type', 'text/html; charset=utf-8', 'Retry-After', String(retryAfter)]
    let closed = false
    let nextLook = 0
    return {
      run(ctx) {
        const now = clock.now()
        // Looking blocks the listener for some microseconds: once in a while, not once for each request.
        if (now >= nextLook) {
          closed = existsSync(path)
          nextLook = now + lookEvery
        }
        if (!closed) return 'CONTINUE'
        ctx.respond(503, headers, PAGE)
        return 'FINISH'
      },
    }
  },
})
