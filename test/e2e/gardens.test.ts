/** Web gardens of processes: each worker on a processor of its own, and one that is blocked stops no other. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import t from 'tap'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const APPLICATION = `
export default (request, response) => {
  if (request.url === '/block') {
    response.write('blocked')
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000), 20)
    return
  }
  response.end('pid ' + process.pid + ';')
}`

/** The first processors that this test, and with it the server, may use. */
const processors = (): number[] =>
  (/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0')
    .split(',')
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_value, index) => from + index)
    })
    .slice(0, 2)

const processorsOf = (pid: number): string =>
  /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''

const pidOf = async (client: RawClient): Promise<number> => {
  const before = client.received().length
  client.send(get('/'))
  const text = await client.until(new RegExp(`^[^]{${before},}pid \\d+;$`))
  return Number(/pid (\d+);$/.exec(text)?.[1])
}

const skip =
  process.platform === 'linux' && availableParallelism() > 1 ? false : 'it takes Linux and two processors'

t.test('workers of a garden', { skip }, async (t) => {
  const [first = 0, second = 0] = processors()
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      applicationPools: [
        {
          name: 'DefaultAppPool',
          isolation: 'process',
          concurrentRequests: 1,
          processModel: { maxProcesses: 2 },
          recycling: { periodicRestart: { requests: 1000 } },
          cpu: {
            smpAffinitized: true,
            smpProcessorAffinityMask: 2 ** first + 2 ** second,
            smpAffinityPerWorker: true,
          },
        },
      ],
    }),
    { 'app.mjs': APPLICATION },
  )
  t.teardown(() => server.stop())
  const clients = new Map<number, RawClient>()
  while (clients.size < 2) {
    const client = await rawClient(server.port)
    t.teardown(() => client.socket.destroy())
    clients.set(await pidOf(client), client)
  }
  const pids = [...clients.keys()]

  await t.test('each sits on a processor of its own', async (t) => {
    t.same(pids.map(processorsOf).sort(), [String(first), String(second)].sort())
  })

  await t.test('a blocked one leaves the other working, for clients old and new', async (t) => {
    const [blocked, free] = [...clients.values()]
    blocked?.send(get('/block'))
    await blocked?.until(/blocked/)
    const begun = performance.now()
    for (let i = 0; i < 10 && free; i++) t.equal(await pidOf(free), pids[1])
    for (let i = 0; i < 10; i++) {
      const client = await rawClient(server.port)
      t.equal(await pidOf(client), pids[1])
      client.socket.destroy()
    }
    t.ok(performance.now() - begun < 3500, 'it is blocked still')
    blocked?.socket.destroy()
  })
})
