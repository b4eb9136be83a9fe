/** For no input do two of the listener's readers see different requests: node's parser, the front door, threads, processes, the proxy. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createHash } from 'node:crypto'
import t from 'tap'
import { corpus, mutant, randomFrom } from '../harness/request-corpus.js'
import { rawClient } from '../harness/raw-client.js'
import { beyondHops, outcomeOf, SEEING, type Seen } from '../harness/seen-requests.js'
import { startServer } from '../harness/server.js'

const QUIET = 100
const QUIET_AGAIN = 2_000

/** The corpus, and some mutants of it; always the same ones. */
const inputs = ((): readonly Buffer[] => {
  const random = randomFrom(5)
  return [...corpus, ...Array.from({ length: 40 }, () => mutant(random))]
})()

const site = (name: string, application: object): object => ({
  name,
  bindings: [{ bindingInformation: '127.0.0.1:0:' }],
  applications: [{ path: '/', applicationPool: name, ...application }],
})

/** What stands behind the proxy: node's own server, which says what it sees as the applications do. */
const behind = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('error', () => undefined)
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    const seen: Seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      version: request.httpVersion,
      headers: request.rawHeaders,
      trailers: [],
      body: `${createHash('sha1').update(body).digest('hex')} ${body.length}`,
    }
    response.setHeader('X-Seen', Buffer.from(JSON.stringify(seen), 'latin1').toString('base64'))
    response.end()
  })
})

t.test('threads, processes and what stands behind the proxy see the same requests', async (t) => {
  behind.listen(0, '127.0.0.1')
  await once(behind, 'listening')
  t.teardown(() => behind.close())
  const { port } = behind.address() as { port: number }
  const server = await startServer(
    {
      applicationPools: [{ name: 'thread' }, { name: 'process', isolation: 'process' }, { name: 'proxy' }],
      sites: [
        site('thread', { module: './app.mjs' }),
        site('process', { module: './app.mjs' }),
        site('proxy', { type: 'proxy', options: { servers: [`http://127.0.0.1:${port}`] } }),
      ],
    },
    { 'app.mjs': SEEING },
  )
  t.teardown(() => server.stop())
  const [thread = 0, process = 0, proxy = 0] = server.ports
  // Their workers start with their first requests.
  for (const each of server.ports) await outcomeOf(each, Buffer.alloc(0), 10_000)
  const look = async (input: Buffer, quiet: number) => {
    const [one, other, far] = await Promise.all([
      outcomeOf(thread, input, quiet),
      outcomeOf(process, input, quiet, input.length >> 1),
      outcomeOf(proxy, input, quiet),
    ])
    // undici does not send some methods and paths that are lawful: then nobody sees anything, and the client gets 502.
    const sent = far.statuses.includes('502') ? null : far.seen.map(beyondHops)
    return {
      far: far.statuses.join(),
      process: [one, other].map((outcome) => JSON.stringify(outcome)),
      proxy: [sent && one.seen.map(beyondHops).join('\n'), sent?.join('\n') ?? null],
    }
  }
  const differs = ({ process, proxy }: Awaited<ReturnType<typeof look>>): boolean =>
    process[0] !== process[1] || proxy[0] !== proxy[1]
  const found: unknown[] = []
  const queue = inputs.values()
  const lane = async (): Promise<void> => {
    for (const input of queue) {
      let looked = await look(input, QUIET)
      // The machine may have been busy.
      if (differs(looked)) looked = await look(input, QUIET_AGAIN)
      if (differs(looked)) found.push([input.toString('latin1'), looked])
    }
  }
  await Promise.all(Array.from({ length: 24 }, lane))
  t.same(found, [])
})

/** What its client gets is kept, and says which request it was made for. */
const KEPT = `
export default (request, response) => {
  response.setHeader('Cache-Control', 'max-age=600')
  response.setHeader('X-Target', Buffer.from(request.method + ' ' + request.url, 'latin1').toString('base64'))
  request.resume().on('end', () => response.end('kept'))
}`

/** A stage that may not be asked twice keeps the front door shut. */
const SHUT = `export default { name: 'shut', slot: 'validate', setup: () => ({ run: () => 'CONTINUE' }) }`

t.test('the front door sees what the parser sees', async (t) => {
  const config = { sites: [site('door', { module: './app.mjs', applicationPool: 'DefaultAppPool' })] }
  const open = await startServer(config, { 'app.mjs': KEPT })
  t.teardown(() => open.stop())
  const shut = await startServer(
    {
      ...config,
      modules: [{ name: 'shut', module: './shut.mjs' }],
      pipeline: { validate: ['shut', 'validate'] },
    },
    {
      'app.mjs': KEPT,
      'shut.mjs': `import { defineStage } from 'webgarden'\n${SHUT.replace('export default', 'export default defineStage(')})`,
    },
  )
  t.teardown(() => shut.stop())
  const plain = 'GET /kept HTTP/1.1\r\nHost: x\r\n\r\n'
  /** A connection at whose door a stored answer is waiting, then the input, then one more that is stored. */
  const look = async (port: number, input: Buffer): Promise<string> => {
    const client = await rawClient(port)
    for (let count = 1; count <= 3; count++) {
      client.send(plain)
      await client.until(new RegExp(`(?:kept[^]*){${count}}`))
    }
    client.send(input)
    client.send(`GET /kept HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    client.socket.setTimeout(QUIET * 2, () => client.socket.end())
    const { text } = await client.ended()
    return [...text.matchAll(/^(?:HTTP\/1\.1 (\d+)|X-Target: (.*)\r$)/gm)]
      .map(([, status, target]) => status ?? Buffer.from(target ?? '', 'base64').toString('latin1'))
      .join(' ')
  }
  const found: unknown[] = []
  const queue = inputs.filter((_input, at) => at % 4 === 0).values()
  const lane = async (): Promise<void> => {
    for (const input of queue) {
      const [one, other] = await Promise.all([look(open.port, input), look(shut.port, input)])
      if (one === other) continue
      const again = await Promise.all([look(open.port, input), look(shut.port, input)])
      if (again[0] !== again[1]) found.push([input.toString('latin1'), again])
    }
  }
  await Promise.all(Array.from({ length: 24 }, lane))
  t.same(found, [])
})
