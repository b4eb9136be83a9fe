/** What an application hears and sees of its request, response and socket, and when. */
import { type EventEmitter } from 'node:events'
import { createServer, get, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import t from 'tap'
import { bridge } from '../../../hosts/testing/index.js'
import { ask, both, listen, once, raw } from './serve.js'

/** Notes each of these events. */
const note = (log: string[], name: string, source: EventEmitter, events: readonly string[]): void => {
  for (const event of events) source.on(event, () => log.push(`${name} ${event}`))
}

both('finish and close come in the order of an ordinary exchange', async (test, way) => {
  const log: string[] = []
  const closed = once<null>()
  const { port } = await way.serve((incoming, response) => {
    note(log, 'request', incoming, ['end', 'close', 'aborted'])
    note(log, 'response', response, ['prefinish', 'finish', 'close'])
    incoming.resume().on('end', () => response.end('done'))
    response.on('close', () => {
      setImmediate(() => {
        closed.keep(null)
      })
    })
  })
  await ask(port, '/', { method: 'POST' }, 'body')
  await closed.promise
  // Node destroys a request some ticks after its end, whatever the response does meanwhile.
  test.ok(log.includes('request close'))
  test.same(
    log.filter((event) => event !== 'request close'),
    ['request end', 'response prefinish', 'response finish', 'response close'],
  )
})

both('close of a request without a body comes after its response', async (test, way) => {
  const seen = once<readonly unknown[]>()
  const { port } = await way.serve((incoming, response) => {
    incoming.on('close', () => {
      seen.keep([incoming.complete, incoming.errored, response.writableEnded])
    })
    response.end()
  })
  await ask(port, '/')
  test.same(await seen.promise, [true, null, true])
})

both('an unread body is thrown away and the connection lives on', async (test, way) => {
  const { port } = await way.serve((_incoming, response) => response.end('ok'))
  const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`
  const text = await raw(port, post + post, (received) => received.split('\r\n\r\nok').length === 3)
  test.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2)
})

both('a client that goes away while it uploads reaches the application', async (test, way) => {
  const log: string[] = []
  const all = once<null>()
  const started = once<null>()
  const { port } = await way.serve((incoming, response) => {
    note(log, 'request', incoming, ['aborted', 'end', 'error', 'close'])
    note(log, 'response', response, ['finish', 'close'])
    incoming.once('data', () => {
      started.keep(null)
    })
    incoming.on('close', () => {
      setImmediate(() => {
        all.keep(null)
      })
    })
  })
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf')
  })
  await started.promise
  socket.destroy()
  await all.promise
  test.same(log.sort(), ['request aborted', 'request close', 'request error', 'response close'])
})

both('a client that goes away while it downloads reaches the application', async (test, way) => {
  const seen = once<readonly unknown[]>()
  const closedRequest = once<null>()
  const { port } = await way.serve((incoming, response) => {
    incoming.on('close', () => {
      closedRequest.keep(null)
    })
    response.on('close', () => {
      seen.keep([response.writableFinished, response.writableEnded, response.destroyed, incoming.destroyed])
    })
    response.write('the beginning')
  })
  get({ port }, (answer) => {
    answer.once('data', () => answer.destroy())
  }).on('error', () => undefined)
  const [finished, ended, destroyed] = await seen.promise
  await closedRequest.promise
  test.same([finished, ended, destroyed], [false, false, true])
})

both('a client that goes away before it is answered reaches the application', async (test, way) => {
  const closed = once<boolean>()
  const arrived = once<null>()
  const { port } = await way.serve((_incoming, response) => {
    arrived.keep(null)
    response.on('close', () => {
      closed.keep(response.headersSent)
    })
  })
  const sent = get({ port }).on('error', () => undefined)
  await arrived.promise
  sent.destroy()
  test.equal(await closed.promise, false)
})

both('pipeline into a response ends with an error when the client goes away', async (test, way) => {
  const ended = once<NodeJS.ErrnoException | null>()
  const { port } = await way.serve((_incoming, response) => {
    const source = new Readable({
      read() {
        this.push(Buffer.alloc(1_000))
      },
    })
    pipeline(source, response, (error) => {
      ended.keep(error)
    })
  })
  get({ port }, (answer) => {
    answer.once('data', () => answer.destroy())
  }).on('error', () => undefined)
  test.equal((await ended.promise)?.code, 'ERR_STREAM_PREMATURE_CLOSE')
})

both('the socket tells where the client is', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    const { socket } = incoming
    response.end(
      JSON.stringify({
        remote: [socket.remoteAddress, typeof socket.remotePort, socket.remoteFamily],
        local: [socket.localAddress, socket.localPort === port],
        address: socket.address(),
        encrypted: 'encrypted' in socket && socket.encrypted === true,
        same: response.socket === socket,
        open: [socket.destroyed, socket.readable, socket.writable, socket.readyState],
      }),
    )
  })
  const told = JSON.parse((await ask(port, '/')).body.toString()) as unknown
  test.same(told, {
    remote: ['127.0.0.1', 'number', 'IPv4'],
    local: ['127.0.0.1', true],
    address: { address: '127.0.0.1', family: 'IPv4', port },
    encrypted: false,
    same: true,
    open: [false, true, true, 'open'],
  })
})

both('requests of one connection have the same socket, others another', async (test, way) => {
  const sockets: unknown[] = []
  const { port } = await way.serve((incoming, response) => {
    sockets.push(incoming.socket)
    response.end()
  })
  const twice = 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  await raw(port, twice)
  await ask(port, '/')
  test.equal(sockets.length, 3)
  test.equal(sockets[0], sockets[1])
  test.not(sockets[1], sockets[2])
})

both('the socket closes when its connection does', async (test, way) => {
  const closed = once<null>()
  const { port } = await way.serve((incoming, response) => {
    incoming.socket.on('close', () => {
      closed.keep(null)
    })
    response.end()
  })
  await ask(port, '/')
  test.equal(await closed.promise, null)
})

both('a time limit set on the response is told there', async (test, way) => {
  const { port } = await way.serve((_incoming, response) => {
    response.setTimeout(20, () => {
      response.end('too slow')
    })
  })
  test.equal((await ask(port, '/')).body.toString(), 'too slow')
})

both('a time limit set on the request is told there while it comes in', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    incoming.setTimeout(20, () => {
      response.setHeader('Connection', 'close')
      response.end('too slow')
    })
  })
  const text = await raw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  test.match(text, /\r\n\r\ntoo slow$/)
})

both('a time limit set on the socket is told there, and cuts the connection', async (test, way) => {
  const told = once<boolean>()
  const { port } = await way.serve((incoming, _response) => {
    const { socket } = incoming
    socket.setTimeout(20, () => {
      told.keep(socket.timeout === 20)
    })
  })
  await test.rejects(ask(port, '/'), { code: 'ECONNRESET' })
  test.equal(await told.promise, true)
})

both('a time limit ends with the exchange that set it', async (test, way) => {
  let calls = 0
  const { port } = await way.serve((incoming, response) => {
    if (incoming.url === '/first') response.setTimeout(150, () => calls++)
    setTimeout(() => response.end('ok'), incoming.url === '/first' ? 0 : 400)
  })
  const two = ['/first', '/second'].map((url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
  const text = await raw(port, two, (received) => received.match(/\r\n\r\nok/g)?.length === 2)
  test.ok(text)
  test.equal(calls, 0)
})

both('headersSent and writableEnded tell the truth', async (test, way) => {
  const states: unknown[] = []
  const { port } = await way.serve((_incoming, response) => {
    const state = (): void => {
      states.push([response.headersSent, response.writableEnded])
    }
    state()
    response.setHeader('X-A', '1')
    response.write('x')
    state()
    test.throws(() => response.setHeader('X-B', '1'), { code: 'ERR_HTTP_HEADERS_SENT' })
    response.end()
    state()
    response.on('error', (error: NodeJS.ErrnoException) => states.push(error.code))
    response.write('late')
  })
  await ask(port, '/')
  test.same(states, [[false, false], [true, false], [true, true], 'ERR_STREAM_WRITE_AFTER_END'])
})

both('an application that destroys its response cuts the connection', async (test, way) => {
  const closed = once<boolean>()
  const { port } = await way.serve((_incoming, response) => {
    response.on('close', () => {
      closed.keep(response.writableFinished)
    })
    response.destroy()
  })
  await test.rejects(ask(port, '/'), { code: 'ECONNRESET' })
  test.equal(await closed.promise, false)
})

both('an application that destroys its response halfway cuts the connection', async (test, way) => {
  const { port } = await way.serve((_incoming, response) => {
    response.writeHead(200, { 'Content-Length': '100' })
    response.write('half')
    setImmediate(() => setImmediate(() => response.destroy()))
  })
  await test.rejects(ask(port, '/'), { code: 'ECONNRESET' })
})

both('an application that destroys its request socket cuts the connection', async (test, way) => {
  const { port } = await way.serve((incoming, _response) => incoming.socket.destroy())
  await test.rejects(ask(port, '/'), { code: 'ECONNRESET' })
})

void t.test(
  'an exception in a listener is uncaught, and the requests beside it are answered',
  async (test) => {
    const thrown = once<Error>()
    const errors = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', thrown.keep)
    test.teardown(() => {
      process.removeAllListeners('uncaughtException')
      for (const listener of errors) process.on('uncaughtException', listener)
    })
    const server = createServer(
      bridge((incoming: IncomingMessage, response: ServerResponse) => {
        if (incoming.url === '/bad') throw new Error('out of order')
        response.end('fine')
      }),
    )
    const { port } = await listen(test, server)
    await ask(port, '/warm-up')
    const bad = request({ port, path: '/bad' }).on('error', () => undefined)
    bad.end()
    const answers = await Promise.all([ask(port, '/a'), ask(port, '/b'), ask(port, '/c')])
    test.same(
      answers.map(({ body }) => body.toString()),
      ['fine', 'fine', 'fine'],
    )
    test.equal((await thrown.promise).message, 'out of order')
    bad.destroy()
  },
)
