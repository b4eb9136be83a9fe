/** The built server against 144 raw requests with a known verdict: each is answered, or refused and cut off. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import t from 'tap'
import { startServer } from '../harness/server.js'

interface Record {
  readonly id: string
  readonly verdict: 'accept' | 'reject'
  /** Needs a Host line in order to be judged by what it is about. */
  readonly inject_host: boolean
  readonly raw_b64: string
}

/** In milliseconds: a server that neither answers nor closes for so long has failed. */
const PATIENCE = 10_000

// From dist/test/e2e: fixtures are not compiled, they stay where they are.
const fixture = new URL('../../../test/fixtures/http1-requests.ndjson', import.meta.url)

const records = readFileSync(fixture, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Record)

const config = {
  applicationPools: [{ name: 'hello' }],
  sites: [
    {
      name: 'hello',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [{ path: '/', applicationPool: 'hello', module: './hello.mjs' }],
    },
  ],
}

/** Answers any method, once it has read the whole body. */
const hello = `export default (request, response) => {
  request.resume().on('end', () => response.end('hello'))
}
`

const bytesOf = ({ raw_b64, inject_host }: Record): Buffer => {
  const raw = Buffer.from(raw_b64, 'base64')
  if (!inject_host) return raw
  const end = raw.indexOf('\r\n') + 2
  return Buffer.concat([raw.subarray(0, end), Buffer.from('Host: x\r\n'), raw.subarray(end)])
}

/** What came back, and whether the server closed the connection by itself; the client never does so first. */
const exchange = (port: number, bytes: Buffer, until: (received: string) => boolean) =>
  new Promise<{ received: string; closed: boolean }>((resolve) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const settle = (closed: boolean): void => {
      resolve({ received, closed })
      socket.destroy()
    }
    socket.setTimeout(PATIENCE, () => {
      settle(false)
    })
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (until(received)) settle(false)
    })
    socket.on('end', () => {
      settle(true)
    })
    socket.on('error', () => {
      settle(false)
    })
    socket.write(bytes)
  })

const statusOf = (received: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1] ?? 0)

t.test('answers each good request of the corpus and refuses each bad one', async (t) => {
  t.equal(records.length, 144)
  const server = await startServer(config, { 'hello.mjs': hello })
  t.teardown(() => server.stop())
  for (const record of records) {
    if (record.verdict === 'accept') {
      const { received } = await exchange(server.port, bytesOf(record), (text) => text.includes('\r\n\r\n'))
      t.match(statusOf(received), /^2\d\d$/, `accepts ${record.id}`)
    } else {
      const { received, closed } = await exchange(server.port, bytesOf(record), () => false)
      t.match(statusOf(received), /^(4\d\d|501|505)$/, `refuses ${record.id}`)
      t.ok(closed, `closes the connection of ${record.id}`)
    }
  }
})
