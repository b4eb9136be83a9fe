/** HTTP through the bridge, byte by byte where it matters: heads, framing, informational responses, trailers. */
import { createServer, get, request, type ServerResponse } from 'node:http'
import t from 'tap'
import { bridge } from '../../../hosts/testing/index.js'
import { ask, both, listen, once, raw } from './serve.js'

both('HEAD has the head of GET and no body', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.setHeader('Content-Length', '5')
    response.end('hello')
  })
  const text = await raw(port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  test.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  test.match(text, /\r\nContent-Length: 5\r\n/)
  test.ok(text.endsWith('\r\n\r\n'))
})

for (const status of [204, 304]) {
  both(`${status} has neither body nor length`, async (test, way) => {
    const { port } = await way.serve((_request, response) => {
      response.statusCode = status
      response.end('ignored')
    })
    const text = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    test.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
    test.notMatch(text, /content-length|transfer-encoding|ignored/i)
  })
}

both('an HTTP/1.0 client gets an unchunked answer and the end of the connection', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.write('one ')
    response.end('two')
  })
  const text = await raw(port, 'GET / HTTP/1.0\r\n\r\n')
  test.match(text, /\r\n\r\none two$/)
  test.notMatch(text, /transfer-encoding/i)
  test.match(text, /\r\nConnection: close\r\n/)
})

both('an HTTP/1.0 client that asks for it keeps its connection', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    response.setHeader('Content-Length', '3')
    response.end(incoming.httpVersion)
  })
  const get10 = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
  const text = await raw(
    port,
    get10 + get10,
    (received) => (received.match(/\r\n\r\n1\.0/g)?.length ?? 0) === 2,
  )
  test.equal(text.match(/Connection: keep-alive/g)?.length, 2)
})

both('pipelined requests are answered in their order', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    // The first takes longest.
    const turns = incoming.url === '/1' ? 20 : 0
    const answer = (left: number): void => {
      if (left === 0) response.end(`<${String(incoming.url)}>`)
      else setImmediate(answer, left - 1)
    }
    answer(turns)
  })
  const ask3 = ['/1', '/2', '/3'].map((url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
  const text = await raw(port, ask3, (received) => received.includes('</3>'))
  test.same(text.match(/<\/\d>/g), ['</1>', '</2>', '</3>'])
})

both('Connection: close is obeyed', async (test, way) => {
  const { port } = await way.serve((_request, response) => response.end('bye'))
  const text = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  test.match(text, /\r\nConnection: close\r\n/)
})

both('an application can end the connection itself', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.setHeader('Connection', 'close')
    response.end('bye')
  })
  const text = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  test.match(text, /\r\nConnection: close\r\n/)
  test.ok(text.endsWith('bye'))
})

both('a large head passes both ways', async (test, way) => {
  const value = 'v'.repeat(6_000)
  const { port } = await way.serve((incoming, response) => {
    response.setHeader('X-Back', incoming.headers['x-there'] ?? '')
    response.setHeader('X-More', value)
    response.end()
  })
  const answer = await ask(port, '/', { headers: { 'X-There': value } })
  test.equal(answer.headers['x-back'], value)
  test.equal(answer.headers['x-more'], value)
})

both('header lines keep their order, their case and their repetition', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    response.setHeader('X-Many', ['1', '2'])
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    response.end(JSON.stringify([incoming.rawHeaders, incoming.headers, incoming.headersDistinct]))
  })
  const text = await raw(
    port,
    'GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX-Twice: 1\r\ncookie: b=2\r\nx-twice: \xfc\r\nConnection: close\r\n\r\n',
  )
  const [rawHeaders, headers, distinct] = JSON.parse(
    Buffer.from(text.slice(text.indexOf('[[')), 'latin1').toString(),
  ) as [string[], object, object]
  test.same(rawHeaders.slice(0, 10), 'Host,a,Cookie,a=1,X-Twice,1,cookie,b=2,x-twice,ü'.split(','))
  test.match(headers, { cookie: 'a=1; b=2', 'x-twice': '1, ü' })
  test.match(distinct, { 'x-twice': ['1', 'ü'] })
  test.match(text, /X-Many: 1\r\nX-Many: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/)
})

both('text is UTF-8 in whatever encoding it is written', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8')
    response.write('Größe ')
    response.write('€ 🌱 ', 'utf8')
    response.write('fc'.repeat(2), 'hex')
    response.end('¥', 'latin1')
  })
  const answer = await ask(port, '/')
  test.same(answer.body, Buffer.concat([Buffer.from('Größe € 🌱 '), Buffer.from('fcfca5', 'hex')]))
})

both('a status message of its own reaches the client', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.writeHead(299, 'Quite Fine')
    response.end()
  })
  const answer = await ask(port, '/')
  test.same([answer.status, answer.message], [299, 'Quite Fine'])
})

both('trailers pass both ways', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    incoming.resume().on('end', () => {
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write('body')
      response.addTrailers({
        'X-Sum': `got ${String(incoming.trailers['x-there'])} ${incoming.rawTrailers.join()}`,
      })
      response.end()
    })
  })
  const trailers = await new Promise((resolve, reject) => {
    const sent = request({ port, method: 'POST', headers: { Trailer: 'X-There' } }, (response) => {
      response.resume().on('end', () => {
        resolve(response.trailers)
      })
    })
    sent.on('error', reject)
    sent.write('body')
    sent.addTrailers({ 'X-There': '42' })
    sent.end()
  })
  test.same(trailers, { 'x-sum': 'got 42 X-There,42' })
})

both('early hints reach the client before the answer', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'], 'x-trace': '7' })
    response.end('answer')
  })
  const order: unknown[] = []
  await new Promise((resolve, reject) => {
    const sent = get({ port }, (response) => {
      order.push(response.statusCode)
      response.resume().on('end', resolve)
    })
    sent.on('information', (info) =>
      order.push([info.statusCode, info.headers.link, info.headers['x-trace']]),
    )
    sent.on('error', reject)
  })
  test.same(order, [[103, '</a.css>; rel=preload, </b.js>; rel=preload', '7'], 200])
})

both('an interim 102 reaches the client', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.writeProcessing()
    response.end('answer')
  })
  const text = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  test.match(text, /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
})

both('a client that expects it is told to continue', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    incoming.pipe(response)
  })
  const text = await new Promise<string>((resolve, reject) => {
    let body = ''
    const sent = request(
      { port, method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '4' } },
      (response) => {
        response.setEncoding('utf8').on('data', (data: string) => (body += data))
        response.on('end', () => {
          resolve(body)
        })
      },
    )
    sent.on('continue', () => sent.end('body'))
    sent.on('error', reject)
    sent.flushHeaders()
  })
  test.equal(text, 'body')
})

void t.test('an http.Server that listens to checkContinue decides itself', async (test) => {
  const app = createServer((_request, response) => response.end('not asked'))
  app.on('checkContinue', (_request, response: ServerResponse) => {
    response.writeHead(417)
    response.end('no')
  })
  const bridged = bridge(app)
  const server = createServer(bridged)
  server.on('checkContinue', bridged.checkContinue)
  const { port } = await listen(test, server)
  const text = await raw(
    port,
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n',
  )
  test.match(text, /^HTTP\/1\.1 417 Expectation Failed\r\n/)
})

void t.test('an application that does not decide on checkContinue is let continue once', async (test) => {
  const bridged = bridge((_request: unknown, response: ServerResponse) => response.end('ok'))
  const server = createServer(bridged)
  server.on('checkContinue', bridged.checkContinue)
  const { port } = await listen(test, server)
  const text = await raw(
    port,
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody',
  )
  test.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
})

both('flushHeaders sends the head at once', async (test, way) => {
  const release = once<ServerResponse>()
  const { port } = await way.serve((_request, response) => {
    response.setHeader('X-A', '1')
    response.flushHeaders()
    release.keep(response)
  })
  const header = await new Promise((resolve) => {
    get({ port }, (response) => {
      response.resume()
      resolve(response.headers['x-a'])
    })
  })
  test.equal(header, '1')
  ;(await release.promise).end()
})

both('an answer with a length is not chunked, one without is', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    if (incoming.url === '/length') response.setHeader('Content-Length', '6')
    response.write('one')
    response.end('two')
  })
  const known = await ask(port, '/length')
  test.same([known.headers['content-length'], known.headers['transfer-encoding']], ['6', undefined])
  const open = await ask(port, '/open')
  test.same([open.headers['content-length'], open.headers['transfer-encoding']], [undefined, 'chunked'])
  test.equal(open.body.toString(), 'onetwo')
})

both('an answer without any framing lasts until the connection ends', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.removeHeader('Transfer-Encoding')
    response.write('one')
    response.end('two')
  })
  const text = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  test.notMatch(text, /transfer-encoding|content-length/i)
  test.match(text, /\r\n\r\nonetwo$/)
})

both('an answer without Date stays without it', async (test, way) => {
  const { port } = await way.serve((_request, response) => {
    response.sendDate = false
    response.end()
  })
  test.equal((await ask(port, '/')).headers.date, undefined)
})

void t.test('an answer shorter than its Content-Length ends the connection', async (test) => {
  const server = createServer(
    bridge((_request: unknown, response: ServerResponse) => {
      response.setHeader('Content-Length', '10')
      response.end('short')
    }),
  )
  const { port } = await listen(test, server)
  const text = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  test.ok(text.endsWith('\r\n\r\nshort'))
})

both('every method reaches the application', async (test, way) => {
  const { port } = await way.serve((incoming, response) => {
    response.setHeader('X-Method', incoming.method ?? '')
    response.end()
  })
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    test.equal((await ask(port, '/', { method })).headers['x-method'], method)
  }
})
