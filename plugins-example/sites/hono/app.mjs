// A fetch application: whatever is exported with a `fetch` method answers Requests with Responses. This one is made with
// Hono; `export default { fetch: (request) => new Response('hello') }` would do as well.
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'
import { Hono } from 'hono'
import { streamText } from 'hono/streaming'

const app = new Hono()

app.get('/', (c) =>
  c.json({ name: 'A fetch application, made with Hono', try: ['/hono/hello/Ada', '/hono/count'] }),
)

app.get('/hello/:name', (c) => c.text(`Hello ${c.req.param('name')}, this is thread ${threadId}.\n`))

// A streamed response: each line reaches the client when it is written (curl -N shows it).
app.get('/count', (c) =>
  streamText(c, async (stream) => {
    for (let i = 1; i <= 5; i++) {
      await stream.writeln(`${i} of 5`)
      await sleep(300)
    }
  }),
)

app.get('/alive', (c) => c.json({ worker: threadId }, 200, { 'Cache-Control': 'no-store' }))

export default app
