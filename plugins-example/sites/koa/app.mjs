// A Koa application: the instance is exported as it is. It shares its pool with /hono, and so its worker.
import { threadId } from 'node:worker_threads'
import Koa from 'koa'

const app = new Koa()

// Koa's onion works as ever: the outer function sees the response of the inner one.
app.use(async (ctx, next) => {
  const started = performance.now()
  await next()
  ctx.set('X-Response-Time', `${(performance.now() - started).toFixed(2)} ms`)
})

app.use((ctx) => {
  ctx.set('Cache-Control', 'no-store')
  if (ctx.path === '/') {
    ctx.body = {
      name: 'A Koa application',
      // What Koa sees, and what the client asked for.
      path: ctx.path,
      originalUrl: ctx.req.originalUrl,
      client: ctx.ip,
      worker: threadId,
    }
  } else if (ctx.path === '/alive') {
    ctx.body = { worker: threadId }
  } else {
    ctx.throw(404, `There is nothing at ${ctx.path}; try /koa`)
  }
})

export default app
