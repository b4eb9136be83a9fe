/** Bodies through the bridge: whole, in both directions, and no faster than they are read. */
import { createHash, randomBytes } from 'node:crypto'
import { Agent, createServer, get, request, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { ask, both, listen, once } from './serve.js'
import { bridge } from '../../../hosts/testing/index.js'

const TEN_MEGABYTES = randomBytes(10 * 1024 * 1024)
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Far above what may be under way, far below what a reader without back-pressure would have been sent. */
const MOST_UNDER_WAY = 1024 * 1024

both('an upload of 10 MB arrives whole, and comes back whole through pipe', async (test, way) => {
  const hash = createHash('sha256')
  const { port } = await way.serve((request, response) => {
    request.on('data', (chunk: Buffer) => hash.update(chunk))
    request.pipe(response)
  })
  const answer = await ask(port, '/', { method: 'POST' }, TEN_MEGABYTES)
  test.equal(hash.digest('hex'), sha(TEN_MEGABYTES))
  test.equal(sha(answer.body), sha(TEN_MEGABYTES))
})

both('a download of 10 MB in one piece arrives whole', async (test, way) => {
  const { port } = await way.serve((_request, response) => response.end(TEN_MEGABYTES))
  const answer = await ask(port, '/')
  test.equal(answer.headers['content-length'], String(TEN_MEGABYTES.length))
  test.equal(sha(answer.body), sha(TEN_MEGABYTES))
})

both('a download of 10 MB in pieces of all sizes arrives whole', async (test, way) => {
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0, size = 1; at < TEN_MEGABYTES.length; size = ((size * 7) % 60_000) + 1) {
      yield TEN_MEGABYTES.subarray(at, at + size)
      at += size
    }
  }
  const { port } = await way.serve((_request, response) => {
    void pipeline(Readable.from(pieces()), response)
  })
  const answer = await ask(port, '/')
  test.equal(answer.headers['transfer-encoding'], 'chunked')
  test.equal(sha(answer.body), sha(TEN_MEGABYTES))
})

both('a chunked upload in small pieces arrives whole', async (test, way) => {
  const { port } = await way.serve((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => response.end(sha(Buffer.concat(chunks))))
  })
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request({ port, method: 'PUT' }, (response) => {
      response.setEncoding('utf8').on('data', resolve)
    })
    sent.on('error', reject)
    for (let at = 0; at < 200_000; at += 1_000) sent.write(TEN_MEGABYTES.subarray(at, at + 1_000))
    sent.end()
  })
  test.equal(answer, sha(TEN_MEGABYTES.subarray(0, 200_000)))
})

/** Writes until it is told to wait, for ever; `written` counts what it has handed over. */
const endless = (): { source: Readable; written: () => number } => {
  let written = 0
  const piece = Buffer.alloc(16_384, 'x')
  const source = new Readable({
    read() {
      written += piece.length
      this.push(piece)
    },
  })
  return { source, written: () => written }
}

/** Resolves when `count` has stood still over many turns of the event loop. */
const standsStill = async (count: () => number): Promise<number> => {
  let last = -1
  for (let still = 0; still < 200; still++) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (count() !== last) still = 0
    last = count()
  }
  return last
}

void t.test('a client that does not read stops the application', async (test) => {
  const { source, written } = endless()
  const server = createServer(
    bridge((_request: unknown, response: ServerResponse) => {
      source.pipe(response)
    }),
  )
  // What the kernel takes is no concern of ours: count what is kept on this side of it.
  let kernel = (): number => 0
  server.on('connection', (socket) => {
    kernel = () => socket.bytesWritten - socket.writableLength
  })
  const { port } = await listen(test, server)
  const paused = once<() => void>()
  get({ port }, (response) => {
    response.pause()
    paused.keep(() => response.destroy())
  }).on('error', () => undefined)
  const hangUp = await paused.promise
  const total = await standsStill(written)
  test.ok(total - kernel() < MOST_UNDER_WAY, `${total - kernel()} bytes are waiting`)
  const gone = once<unknown>()
  source.once('unpipe', gone.keep)
  source.once('pause', gone.keep)
  hangUp()
  source.destroy()
})

void t.test('an application that waits for the callbacks of write is stopped as well', async (test) => {
  let written = 0
  const piece = Buffer.alloc(16_384, 'x')
  const server = createServer(
    bridge((_request: unknown, response: ServerResponse) => {
      const next = (): void => {
        written += piece.length
        response.write(piece, (error) => {
          if (!error) next()
        })
      }
      next()
    }),
  )
  let kernel = (): number => 0
  server.on('connection', (socket) => {
    kernel = () => socket.bytesWritten - socket.writableLength
  })
  const { port } = await listen(test, server)
  const paused = once<() => void>()
  get({ port }, (response) => {
    response.pause()
    paused.keep(() => response.destroy())
  }).on('error', () => undefined)
  const hangUp = await paused.promise
  const total = await standsStill(() => written)
  test.ok(total - kernel() < MOST_UNDER_WAY, `${total - kernel()} bytes are waiting`)
  hangUp()
})

void t.test('an application that does not read stops the client', async (test) => {
  let taken = 0
  const server = createServer(
    bridge((request: NodeJS.ReadableStream, _response: unknown) => {
      request.once('readable', () => undefined)
    }),
  )
  server.on('request', (incoming) => {
    incoming.on('data', (chunk: Buffer) => (taken += chunk.length))
  })
  const { port } = await listen(test, server)
  const { source } = endless()
  const sent = request({ port, method: 'POST' }).on('error', () => undefined)
  source.pipe(sent)
  const total = await standsStill(() => taken)
  test.ok(total > 0)
  test.ok(total < MOST_UNDER_WAY, `${total} bytes are waiting`)
  source.destroy()
  sent.destroy()
})

both('an application reads at its own pace and loses nothing', async (test, way) => {
  const { port } = await way.serve((request, response) => {
    const hash = createHash('sha256')
    void (async () => {
      for await (const chunk of request) {
        hash.update(chunk as Buffer)
        await new Promise(setImmediate)
      }
      response.end(hash.digest('hex'))
    })()
  })
  const answer = await ask(port, '/', { method: 'POST' }, TEN_MEGABYTES)
  test.equal(answer.body.toString(), sha(TEN_MEGABYTES))
})

both('a response that asks to wait says so, and says when to go on', async (test, way) => {
  const told = once<readonly [boolean, boolean]>()
  const { port } = await way.serve((_request, response) => {
    response.write('a')
    while (response.write(TEN_MEGABYTES.subarray(0, 65_536)));
    const waiting = response.writableNeedDrain
    response.once('drain', () => {
      told.keep([waiting, response.writableNeedDrain])
      response.end()
    })
  })
  await ask(port, '/')
  test.same(await told.promise, [true, false])
})

both('the callback of each write is called, in order, and that of end last', async (test, way) => {
  const calls: string[] = []
  const { port } = await way.serve((_request, response) => {
    response.on('finish', () => calls.push('finish'))
    response.write('a', () => calls.push('a'))
    response.write(Buffer.alloc(20_000), () => calls.push('b'))
    response.end('c', () => calls.push('end'))
  })
  await ask(port, '/')
  // Node has changed the order of the last two between its versions.
  test.same(calls.slice(0, 2), ['a', 'b'])
  test.same(calls.slice(2).sort(), ['end', 'finish'])
})

both('an application may answer first and read the body afterwards', async (test, way) => {
  const read = once<number>()
  const { port } = await way.serve((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (!response.writableEnded) response.end('early')
    })
    request.on('end', () => {
      read.keep(bytes)
    })
  })
  const agent = new Agent({ keepAlive: true })
  test.teardown(() => {
    agent.destroy()
  })
  const answer = await ask(port, '/', { method: 'POST', agent }, TEN_MEGABYTES)
  test.equal(answer.body.toString(), 'early')
  test.equal(await read.promise, TEN_MEGABYTES.length)
})
