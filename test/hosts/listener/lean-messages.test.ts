/** Node's http server with the lean messages does what it does with its own, on each Node version that is supported. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { announcesBody, leanMessages } from '../../../hosts/listener/lean-messages.js'
import { leanMessagesWork } from '../../../hosts/listener/lean-messages-trial.js'
import { canFinish, clientKeepsAlive, finishNodeResponse } from '../../../hosts/listener/node-response.js'
import { rawClient, type RawClient } from '../../harness/raw-client.js'

t.test('this Node works with them', async (test) => {
  test.equal(leanMessagesWork(), true)
})

t.test('a body is announced by a length other than 0 or by a transfer coding', async (test) => {
  test.equal(announcesBody([]), false)
  test.equal(announcesBody(['Host', 'content-length']), false)
  test.equal(announcesBody(['content-length', '0']), false)
  test.equal(announcesBody(['CONTENT-Length', '1']), true)
  test.equal(announcesBody(['A', 'b', 'Transfer-Encoding', 'chunked']), true)
})

/** What is to be done on each connection when the response under way has left: responses leave in turn. */
const turns = new WeakMap<object, (() => void)[]>()

const inTurn = (incoming: IncomingMessage, act: () => void): void => {
  const waiting = turns.get(incoming.socket)
  if (waiting) waiting.push(act)
  else {
    turns.set(incoming.socket, [])
    act()
  }
}

const finish = (incoming: IncomingMessage, response: ServerResponse, body: string): void => {
  const keep = clientKeepsAlive(response)
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: ${keep ? 'keep-alive' : 'close'}`
  incoming.socket.write(`${head}\r\n\r\n${body}`, 'latin1')
  finishNodeResponse(response)
  const next = turns.get(incoming.socket)?.shift()
  if (next) next()
  else turns.delete(incoming.socket)
  if (!keep) incoming.socket.destroySoon()
}

/** Answers with all that it was asked, in raw bytes as the listener does; reads a body where one is announced. */
const answer = (kind: string) => (incoming: IncomingMessage, response: ServerResponse) => {
  inTurn(incoming, () => {
    answerNow(kind, incoming, response)
  })
}

const answerNow = (kind: string, incoming: IncomingMessage, response: ServerResponse): void => {
  if (!canFinish(response)) throw new Error('node does not listen to the end of this response')
  const { method, url, httpVersion, rawHeaders } = incoming
  const facts = { kind, method, url, httpVersion, rawHeaders }
  if (!announcesBody(rawHeaders)) {
    finish(incoming, response, method === 'HEAD' ? '' : JSON.stringify(facts))
    return
  }
  if (kind === 'checkContinue') incoming.socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  let body = ''
  incoming.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
  incoming.on('end', () => {
    const { rawTrailers, complete } = incoming
    finish(incoming, response, JSON.stringify({ ...facts, body, rawTrailers, complete }))
  })
}

interface Way {
  readonly name: string
  readonly options: typeof leanMessages | object
}

const ways: readonly Way[] = [
  { name: 'lean', options: leanMessages },
  { name: "node's own", options: {} },
]

const serve = async (test: Test, { options }: Way, more: object = {}): Promise<[Server, RawClient]> => {
  const server = createServer({ ...options, keepAliveTimeout: 0, requireHostHeader: false, ...more })
  server.on('request', answer('request'))
  server.on('checkContinue', answer('checkContinue'))
  server.on('checkExpectation', answer('checkExpectation'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    socket.end(`HTTP/1.1 400 ${String(error.code)}\r\n\r\n`)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const client = await rawClient((server.address() as AddressInfo).port)
  test.teardown(() => {
    client.socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  return [server, client]
}

const GET = 'GET /a?b HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\n\r\n'
const BODY = 'POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello'
const CHUNKED =
  'POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n' +
  '5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 11\r\nX-Two: \r\n\r\n'
const CLOSE = 'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
const bytesOf = (text: string): string[] => Array.from(text)
const manyHeaders = Array.from({ length: 100 }, (_value, at) => `X-${at}: ${at}\r\n`).join('')

/** What is sent, in pieces each of which waits for what the one before must bring; the end closes the connection. */
const exchanges: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  GET: [GET, CLOSE],
  'HEAD, and a GET after it': ['HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n', CLOSE],
  'HTTP/1.0, which closes': ['GET / HTTP/1.0\r\n\r\n'],
  'HTTP/1.0 that keeps the connection': ['GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', /\/1"/, CLOSE],
  'POST with a length': [BODY, /hello/, CLOSE],
  'POST with an empty body': ['POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n', CLOSE],
  'POST in chunks with trailers': [CHUNKED, /X-Sum/, CLOSE],
  'a body that comes byte by byte': [...bytesOf(BODY), /hello/, CLOSE],
  'a head that comes byte by byte': [...bytesOf(GET), /\/a\?b/, CLOSE],
  'one connection, request after request': [GET, /\/a\?b/, BODY, /hello/, GET, CHUNKED, /world/, CLOSE],
  'requests sent all at once': [GET + BODY + GET + CHUNKED + BODY + GET + CLOSE],
  'more headers than the parser takes at once': [`GET / HTTP/1.1\r\n${manyHeaders}\r\n`, CLOSE],
  'a body behind more headers than the parser takes at once': [
    `POST / HTTP/1.1\r\n${manyHeaders}Content-Length: 5\r\n\r\nhello`,
    CLOSE,
  ],
  'Expect: 100-continue': [
    'POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    /100 Continue/,
    'hello',
    CLOSE,
  ],
  'Expect: 100-continue without a body': [
    'GET /e HTTP/1.1\r\nHost: h\r\nexpect: 100-Continue\r\n\r\n',
    CLOSE,
  ],
  'an expectation that nobody knows': ['GET /e HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n', CLOSE],
  'an expectation of HTTP/1.0, which counts for nothing': ['GET /e HTTP/1.0\r\nExpect: 100-continue\r\n\r\n'],
  'an upgrade that nobody wants': [
    'GET /u HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n',
    // Node's parser loses what comes in one packet with such a request.
    /"\/u"/,
    CLOSE,
  ],
  'a broken head': ['GET / HTTP/1.1\r\nHo st: h\r\n\r\n'],
  'a broken head after a good one': [GET, /\/a\?b/, 'GET / HTTP/1.1\r\n: \r\n\r\n'],
  'a broken chunk': ['POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
}

for (const [name, pieces] of Object.entries(exchanges)) {
  t.test(`the same answers: ${name}`, async (test) => {
    const answers = []
    for (const way of ways) {
      const [, client] = await serve(test, way)
      for (const piece of pieces) {
        if (typeof piece === 'string') client.send(piece)
        else await client.until(piece)
      }
      answers.push(await client.ended())
    }
    test.match(answers[1]?.text, /^HTTP\/1\.1 \d\d\d /)
    test.same(answers[0], answers[1])
  })
}

for (const way of ways) {
  t.test(`a silent connection is ended at its time: ${way.name}`, async (test) => {
    const [server, client] = await serve(test, way)
    server.timeout = 0
    client.send(GET)
    await client.until(/\/a\?b/)
    const socket = await serverSide(server, client)
    socket.setTimeout(30)
    test.equal((await client.ended()).how, 'closed')
  })

  t.test(`a body that stops coming is ended at the connection's time: ${way.name}`, async (test) => {
    const [server, client] = await serve(test, way)
    server.prependListener('request', ({ socket }) => {
      socket.setTimeout(30)
    })
    client.send(BODY.slice(0, -2))
    test.equal((await client.ended()).text, '')
  })

  t.test(`a head that takes too long is an error: ${way.name}`, async (test) => {
    const more = { headersTimeout: 100, requestTimeout: 0, connectionsCheckingInterval: 10 }
    const [, client] = await serve(test, way, more)
    client.send('GET / HTTP/1.1\r\n')
    test.match((await client.ended()).text, /^HTTP\/1\.1 400 ERR_HTTP_REQUEST_TIMEOUT/)
  })

  t.test(`a connection that is kept is not timed as a head: ${way.name}`, async (test) => {
    const more = { headersTimeout: 250, requestTimeout: 0, connectionsCheckingInterval: 10 }
    const [server, client] = await serve(test, way, more)
    for (let round = 0; round < 3; round++) {
      client.send(GET)
      await client.until(new RegExp(`(/a[^]*){${round + 1}}`))
      // By the time that half a head has been found too slow, this connection has been looked at as well.
      const slow = await rawClient((server.address() as AddressInfo).port)
      slow.send('GET / HTTP/1.1\r\n')
      test.match((await slow.ended()).text, /ERR_HTTP_REQUEST_TIMEOUT/)
    }
    client.send(CLOSE)
    test.equal((await client.ended()).how, 'closed')
    test.equal(server.listening, true)
  })
}

t.test(
  'an application that takes long to answer does not lose its connection to a silent client',
  async (test) => {
    const server = createServer({ ...leanMessages, requireHostHeader: false })
    let timeouts = 0
    server.on('request', (incoming, response) => {
      incoming.socket.setTimeout(10)
      incoming.socket.on('timeout', () => {
        if (++timeouts === 2) finish(incoming, response, 'late')
        else incoming.socket.setTimeout(10)
      })
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const client = await rawClient((server.address() as AddressInfo).port)
    test.teardown(() => {
      client.socket.destroy()
      server.close()
    })
    client.send(GET)
    test.match(await client.until(/late/), /^HTTP\/1\.1 200 OK/)
  },
)

/** The server's side of the one connection there is. */
const serverSide = async (server: Server, client: RawClient): Promise<IncomingMessage['socket']> => {
  const requests = once(server, 'request')
  client.send('GET /again HTTP/1.1\r\nHost: h\r\n\r\n')
  const [incoming] = (await requests) as [IncomingMessage]
  await client.until(/again/)
  return incoming.socket
}
