/** What becomes of a compressed response whose client reads slowly, or goes away. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGzip, gunzipSync, gzipSync, type Gzip } from 'node:zlib'
import onHeaders from 'on-headers'
import t, { type Test } from 'tap'
import { CompressedResponse } from '../../../../modules/app/url-compression/compressed-response.js'
import { KeptCopies } from '../../../../modules/app/url-compression/kept-copies.js'

const copies = new KeptCopies(1_000_000)

/** A server whose answers are compressed, and the streams that do so. */
const serve = async (
  t: Test,
  application: (response: ServerResponse) => void,
  isStatic = false,
): Promise<{ port: number; streams: Gzip[] }> => {
  const streams: Gzip[] = []
  const encoder = {
    stream: () => {
      const stream = createGzip()
      streams.push(stream)
      return stream
    },
    whole: (body: Uint8Array) => gzipSync(body),
  }
  const server = createServer((asked, response) => {
    const compressed = new CompressedResponse(response, asked.method === 'HEAD', copies)
    onHeaders(response, () => {
      compressed.begin({ scheme: 'gzip', encoder, isStatic }, asked.url ?? '')
    })
    application(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, streams }
}

const ask = async (port: number): Promise<IncomingMessage> => {
  const sent = request({ port, agent: false })
  sent.on('error', () => undefined)
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

const bodyOf = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

t.test('a client that goes away frees the stream, and half a file is not kept', async (t) => {
  let response: ServerResponse | undefined
  const { port, streams } = await serve(
    t,
    (given) => {
      response = given
      given.setHeader('Content-Length', 100_000)
      given.setHeader('ETag', '"half"')
      given.write('x'.repeat(50_000))
    },
    true,
  )
  const answer = await ask(port)
  const [stream] = streams
  if (!stream) throw new Error('it streams')
  const closed = once(stream, 'close')
  answer.destroy()
  await closed
  t.ok(stream.destroyed)
  t.doesNotThrow(() => {
    response?.write('more')
    response?.end()
  }, 'the application may not have heard of it yet')
  t.equal(copies.get('gzip "half" 100000 /'), undefined)
})

t.test('an application that waits for drain is not told to go on before there is room', async (t) => {
  let written = 0
  const { port } = await serve(t, (response) => {
    const chunk = Buffer.alloc(65_536)
    for (let i = 0; i < chunk.length; i++) chunk[i] = Math.floor(Math.random() * 256)
    const more = (): void => {
      while (written < 400) {
        written++
        if (!response.write(chunk)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  const answer = await ask(port)
  answer.pause()
  // As much as fits in between; then it must stand still.
  let before = -1
  while (before !== written) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.ok(written < 400, `it stands still after ${written} pieces`)
  t.equal(gunzipSync(await bodyOf(answer)).length, 400 * 65_536)
})

t.test('callbacks of write and end are called', async (t) => {
  const called: string[] = []
  const { port } = await serve(t, (response) => {
    response.write('one', () => {
      called.push('write')
      response.end('two', 'utf8', () => called.push('end'))
    })
  })
  t.equal(gunzipSync(await bodyOf(await ask(port))).toString(), 'onetwo')
  t.same(called, ['write', 'end'])
})
