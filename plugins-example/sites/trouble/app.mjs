// An application that misbehaves when it is told to. Its pool has one thread and 64 MB; whatever it does stays in there.
import { createServer } from 'node:http'
import { threadId } from 'node:worker_threads'

const LONGEST_HANG = 30

const deeds = {
  // An error that nobody catches ends the worker, as it would end a process.
  crash: () => {
    setImmediate(() => {
      throw new Error('told to crash')
    })
  },

  // In a worker thread, process.exit ends the thread and nothing else.
  exit: () => process.exit(3),

  // Blocks the event loop: nothing else in this pool is answered until the time is up.
  hang: (url, response) => {
    const seconds = Math.min(Number(url.searchParams.get('seconds')) || 8, LONGEST_HANG)
    const until = Date.now() + seconds * 1000
    while (Date.now() < until);
    response.end(`thread ${threadId} span for ${seconds} s and is back\n`)
  },

  // Keeps allocating until the pool's resourceLimits end the thread.
  memory: () => {
    const kept = []
    for (;;) kept.push(new Array(50_000).fill(kept.length))
  },
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://trouble')
  const deed = url.pathname.slice(1)
  response.setHeader('Cache-Control', 'no-store')
  if (deed === 'alive') {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ worker: threadId }))
  } else if (!Object.hasOwn(deeds, deed)) {
    response.statusCode = deed === '' ? 200 : 404
    response.end(
      `POST one of ${Object.keys(deeds)
        .map((name) => `/trouble/${name}`)
        .join(', ')}. This is thread ${threadId}.\n`,
    )
  } else if (request.method !== 'POST') {
    // Only on purpose: a browser that loads links ahead must not do it.
    response.writeHead(405, { Allow: 'POST' })
    response.end('POST, please.\n')
  } else {
    deeds[deed](url, response)
  }
})

server.listen(process.env.PORT)
