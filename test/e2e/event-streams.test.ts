/** Server-sent events and long polling: each byte comes at once, and the end of a client is heard at once, whatever is between. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { get as httpGet } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip } from 'node:zlib'
import t, { type Test } from 'tap'
import { isolations } from '../harness/faults.js'
import { http2Client } from '../harness/http2-client.js'
import { startServer } from '../harness/server.js'

/** `/events/X` is a stream of X, `/kept/X` one that says it may be stored, `/poll/X` is answered by `/say/X`. */
const HANDLER = `
const streams = new Map()
export const handle = (request, response) => {
  const [, what, name, text] = request.url.split('/')
  const those = streams.get(name) ?? streams.set(name, new Set()).get(name)
  if (what === 'say') {
    for (const one of those) one.polled ? one.response.end('polled ' + text) : one.response.write('data: ' + text + '\\n\\n')
    return response.end(String(those.size))
  }
  const one = { response, polled: what === 'poll' }
  those.add(one)
  response.on('close', () => { those.delete(one); console.log('gone from ' + name + ', ' + those.size + ' left') })
  if (what === 'poll') return console.log('waiting for ' + name)
  if (what === 'kept') response.setHeader('Cache-Control', 'max-age=60')
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write('data: first\\n\\n')
}`
const APP = `import { handle } from './handler.mjs'\nexport default handle`

interface Client {
  until(pattern: RegExp): Promise<void>
  close(): void
}

const decoders = {
  identity: (from: Readable): Readable => from,
  gzip: (from: Readable): Readable => from.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })),
  br: (from: Readable): Readable => from.pipe(createBrotliDecompress()),
} as const
type Encoding = keyof typeof decoders

const decoded = (from: Readable, encoding = 'identity'): Readable => decoders[encoding as Encoding](from)

const reader = (close: () => void): Client & { read(from: Readable): void } => {
  let seen = ''
  let tell = (): void => undefined
  return {
    close,
    read(from) {
      from.setEncoding('utf8').on('data', (chunk: string) => {
        seen += chunk
        tell()
      })
      from.on('error', () => undefined)
    },
    until: (pattern) =>
      new Promise((resolve) => {
        tell = () => {
          if (pattern.test(seen)) resolve()
        }
        tell()
      }),
  }
}

type Open = (path: string, encoding: Encoding) => Client

const byHttp1 =
  (port: number): Open =>
  (path, encoding) => {
    const asked = httpGet({
      host: '127.0.0.1',
      port,
      path,
      headers: { 'Accept-Encoding': encoding },
      agent: false,
    })
    const client = reader(() => asked.destroy())
    asked.on('error', () => undefined)
    asked.on('response', (response) => {
      client.read(decoded(response, response.headers['content-encoding']))
    })
    return client
  }

const byHttp2 = (t: Test, port: number): Open => {
  const { session, open } = http2Client(`http://127.0.0.1:${port}`, 'x.test')
  t.teardown(() => {
    session.destroy()
  })
  return (path, encoding) => {
    const stream = open(path, { 'accept-encoding': encoding })
    const client = reader(() => {
      stream.close(8)
    })
    stream.on('response', (fields) => {
      client.read(decoded(stream, fields['content-encoding']))
    })
    return client
  }
}

interface Printing {
  printed(pattern: RegExp): Promise<unknown>
}

/** Two clients of one stream, and two that poll: none waits for the other. */
const serves = async (
  t: Test,
  server: Printing,
  say: string,
  open: Open,
  name: string,
  encoding: Encoding,
) => {
  const tell = async (to: string, text: string): Promise<void> => {
    await (await fetch(`${say}/say/${to}/${text}`)).text()
  }
  for (const kind of ['events', 'kept']) {
    const those = `${kind}-${name}`
    const [one, other] = [open(`/${kind}/${those}`, encoding), open(`/${kind}/${those}`, encoding)]
    const began = performance.now()
    await one.until(/first\n\n$/)
    await other.until(/first\n\n$/)
    // Two seconds is how long the cache would let the second one wait for what the first one gets.
    t.ok(performance.now() - began < 1900, `${kind}: both have the first byte at once`)
    await tell(those, 'second')
    await one.until(/second\n\n$/)
    await other.until(/second\n\n$/)
    one.close()
    await server.printed(new RegExp(`gone from ${those}, 1 left`))
    await tell(those, 'third')
    await other.until(/third\n\n$/)
    other.close()
    await server.printed(new RegExp(`gone from ${those}, 0 left`))
    t.pass(`${kind}: so have they the next ones, and the end of each is heard`)
  }
  const those = `poll-${name}`
  const [stays, goes] = [open(`/poll/${those}/1`, encoding), open(`/poll/${those}/2`, encoding)]
  await server.printed(new RegExp(`(waiting for ${those}[^]*){2}`))
  goes.close()
  await server.printed(new RegExp(`gone from ${those}, 1 left`))
  await tell(those, 'answer')
  await stays.until(/^polled answer$/)
  stays.close()
  t.pass('a poll is answered when there is something, and its end is heard')
}

for (const isolation of isolations) {
  t.test(`a ${isolation} pool`, async (t) => {
    const server = await startServer(
      {
        applicationPools: [{ name: 'P', isolation }],
        sites: ['plain', 'compressed'].map((name) => ({
          name,
          bindings: [
            { bindingInformation: '127.0.0.1:0:' },
            { bindingInformation: '127.0.0.1:0:', http2: true },
          ],
          applications: [
            {
              path: '/',
              module: './app.mjs',
              applicationPool: 'P',
              ...(name === 'compressed' ? { modules: [{ name: 'urlCompression' }] } : {}),
            },
          ],
        })),
      },
      { 'app.mjs': APP, 'handler.mjs': HANDLER },
    )
    t.teardown(() => server.stop())
    const [plain = 0, plain2 = 0, compressed = 0, compressed2 = 0] = server.ports
    const cases: readonly (readonly [string, Open, Encoding])[] = [
      ['http1', byHttp1(plain), 'identity'],
      ['http2', byHttp2(t, plain2), 'identity'],
      ['http1-gzip', byHttp1(compressed), 'gzip'],
      ['http2-br', byHttp2(t, compressed2), 'br'],
    ]
    for (const [name, open, encoding] of cases) {
      await t.test(name, (t) => serves(t, server, server.url, open, name, encoding))
    }
  })
}

t.test('what is behind the reverse proxy', async (t) => {
  const folder = t.testdir({ 'handler.mjs': HANDLER })
  const { handle } = (await import(`${folder}/handler.mjs`)) as { handle: Parameters<typeof createServer>[1] }
  const behind = createServer({}, handle)
  behind.listen(0, '127.0.0.1')
  await once(behind, 'listening')
  t.teardown(() => {
    behind.closeAllConnections()
    behind.close()
  })
  const { port } = behind.address() as AddressInfo
  // What the handler prints is printed here.
  let output = ''
  const watchers = new Set<() => void>()
  const log = console.log
  console.log = (text: string) => {
    output += `${text}\n`
    for (const watcher of watchers) watcher()
  }
  t.teardown(() => {
    console.log = log
  })
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (pattern.test(output)) resolve()
      }
      watchers.add(look)
      look()
    })
  const server = await startServer({
    sites: [
      {
        name: 'front',
        bindings: [
          { bindingInformation: '127.0.0.1:0:' },
          { bindingInformation: '127.0.0.1:0:', http2: true },
        ],
        applications: [{ path: '/', type: 'proxy', options: { servers: [`http://127.0.0.1:${port}`] } }],
      },
    ],
  })
  t.teardown(() => server.stop())
  const [http1 = 0, http2 = 0] = server.ports
  await serves(t, { printed }, server.url, byHttp1(http1), 'http1', 'identity')
  await serves(t, { printed }, server.url, byHttp2(t, http2), 'http2', 'identity')
})
