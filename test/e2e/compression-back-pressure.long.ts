/** A client that does not read holds up the application through urlCompression too: neither worker nor listener swell. */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import t from 'tap'
import { memoryOf } from '../harness/descriptors.js'
import { oneSite, startServer } from '../harness/server.js'

const MB = 1_048_576
const SIZE = 20 * MB

/** What it sends can hardly be compressed; it stops where \`write\` says so, as \`pipe\` does. */
const APP = `
import { randomBytes } from 'node:crypto'
let sent = 0
export default (request, response) => {
  if (request.url === '/sent') return response.end(String(sent))
  sent = 0
  response.setHeader('Content-Type', 'text/plain')
  const more = () => {
    while (sent < ${SIZE}) {
      const piece = randomBytes(49152).toString('base64')
      sent += piece.length
      if (!response.write(piece)) return response.once('drain', more)
    }
    response.end()
  }
  more()
}`

t.test('a slow client and a big answer that is compressed as it comes', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs', modules: [{ name: 'urlCompression' }] }]),
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  const sent = async (): Promise<number> => Number(await (await fetch(`${server.url}/sent`)).text())
  await sent()
  for (const [encoding, decoder] of [
    ['br', createBrotliDecompress()],
    ['gzip', createGunzip()],
  ] as const) {
    const before = memoryOf(server)
    const asked = request(server.url, { headers: { 'Accept-Encoding': encoding }, agent: false }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    t.equal(response.headers['content-encoding'], encoding)
    // Until nothing moves any more: the client has read only what its own buffers take.
    let last = -1
    for (let now = await sent(); now !== last; now = await sent()) {
      last = now
      await delay(300)
    }
    t.ok(last < 12 * MB, `${encoding}: the application was stopped after ${Math.round(last / MB)} MB`)
    const grown = memoryOf(server) - before
    t.ok(grown < 30, `${encoding}: the server has grown by ${Math.round(grown)} MB`)
    let size = 0
    for await (const chunk of response.pipe(decoder)) size += (chunk as Buffer).length
    t.equal(size, SIZE, `${encoding}: all of it arrives`)
  }
})
