/** Recycles that meet something in their way: long answers, broken successors, each other. Threads and processes. */
import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { begun, calmAnswers, isolations, startFaulty, text, type Isolation } from '../harness/faults.js'
import { giveOrder, OBEYING } from '../harness/give-order.js'
import { get, rawClient } from '../harness/raw-client.js'
import type { TestServer } from '../harness/server.js'

const start = (isolation: Isolation, pool: Record<string, unknown> = {}): Promise<TestServer> =>
  startFaulty(isolation, pool, { nodeFlags: OBEYING, config: { eventLog: { file: 'events.ndjson' } } })

const recycle = (server: TestServer): Promise<void> =>
  giveOrder(server.process, { order: 'recycle', pool: 'Trouble' })

const count = (server: TestServer, pattern: RegExp): number =>
  [...server.output().matchAll(new RegExp(pattern, 'g'))].length

for (const isolation of isolations) {
  t.test(`${isolation}: a download that outlasts its worker's service arrives byte for byte`, async (t) => {
    const server = await start(isolation)
    t.teardown(() => server.stop())
    const size = 8 * 1_048_576 + 7
    const expected = createHash('sha256')
    for (let left = size; left > 0; left -= 65_536)
      expected.update(Buffer.alloc(Math.min(left, 65_536), (left / 65_536) & 0xff))
    const received = createHash('sha256')
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${server.url}/t/download?bytes=${size}`, { agent: false }, resolve).on('error', reject).end()
    })
    // Nobody reads yet, so all buffers fill, and the old worker must wait.
    await recycle(server)
    await server.printed(/Worker \d+ of pool "Trouble" is ready[^]*Worker \d+ of pool "Trouble" is ready/)
    t.equal(await text(`${server.url}/t/`), 'trouble answers', 'the new one serves meanwhile')
    t.notMatch(server.output(), /Worker 1 .*has ended/)
    for await (const chunk of response) received.update(chunk as Buffer)
    t.equal(received.digest('hex'), expected.digest('hex'))
    await server.printed(/Worker 1 .*has ended: worker 2 replaces it/)
  })

  t.test(
    `${isolation}: who is not done when the drain limit has passed is reset, and the event log says so`,
    async (t) => {
      const server = await start(isolation, { processModel: { shutdownTimeLimit: '1s' } })
      t.teardown(() => server.stop())
      const stuck = await rawClient(server.port)
      stuck.send(get('/t/never'))
      await server.printed(begun('/t/never'))
      await recycle(server)
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      t.same(await stuck.ended(), { how: 'reset', text: '' })
      await server.printed(/ 5013 .*Worker 1 .*had not ended within 1 s .*with 1 requests/)
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      t.same(await calmAnswers(server), new Set(['calm']))
    },
  )

  t.test(`${isolation}: a recycle during a recycle is the same one`, async (t) => {
    const server = await start(isolation)
    t.teardown(() => server.stop())
    t.equal(await text(`${server.url}/t/`), 'trouble answers')
    t.same(await calmAnswers(server), new Set(['calm']))
    await writeFile(join(server.folder, 'slow'), '')
    await recycle(server)
    await recycle(server)
    await recycle(server)
    t.equal(await text(`${server.url}/t/`), 'trouble answers')
    await server.printed(/Worker 1 .*has ended: worker 3 replaces it/)
    t.equal(await text(`${server.url}/t/`), 'trouble answers')
    t.equal(count(server, / 5079 /), 1)
    t.notMatch(server.output(), /Worker 4/)
    t.notMatch(server.output(), /pool "Calm" (is recycled|has ended)/, 'no other pool has a part in it')
  })

  for (const [what, file, evidence] of [
    ['hangs', 'hangs', / 5012 .*Worker 2 .*was not ready within 4 s[^]* 5093 .*Worker 1 stays/],
    [
      'cannot load what the old one has',
      'throws',
      / 2299 .*a broken deployment[^]* 5093 .*it could not load "Test\/t", which worker 1 has loaded\. Worker 1 stays/,
    ],
    ['dies', 'dies', / 5093 .*process\.exit\(7\).*Worker 1 stays/],
  ] as const) {
    t.test(`${isolation}: the old worker stays when the new one ${what}`, async (t) => {
      const server = await start(isolation, { processModel: { startupTimeLimit: '4s' } })
      t.teardown(() => server.stop())
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      await writeFile(join(server.folder, file), '')
      await recycle(server)
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      await server.printed(evidence)
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      t.notMatch(server.output(), /Worker 3/, 'it is not tried again by itself')
      await rm(join(server.folder, file))
      await recycle(server)
      await server.printed(/Worker 1 .*has ended: worker 3 replaces it/)
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
    })
  }

  t.test(
    `${isolation}: a worker over its memory limit is replaced, with the evidence; nobody notices`,
    async (t) => {
      const server = await start(isolation, {
        processModel: { pingInterval: '1s' },
        recycling: { periodicRestart: { privateMemory: 200_000 } },
      })
      t.teardown(() => server.stop())
      const client = await rawClient(server.port)
      client.send(get('/t/never'))
      await server.printed(begun('/t/never'))
      t.equal(await text(`${server.url}/t/grow?bytes=250000000`), 'grown')
      await server.printed(/ 5117 .*Worker 1 /)
      await server.printed(/Worker 2 .*is ready/)
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      client.socket.destroy()
      await server.printed(/Worker 1 .*has ended: worker 2 replaces it/)
      const { facts } = await eventOf(server, 5117)
      t.ok((facts.memory ?? 0) > 200_000 * 1024)
      t.equal(facts.pid === undefined, isolation === 'thread', 'whose memory it is')
      t.ok((facts.executing ?? 0) >= 1, 'how many are still with it')
      t.ok((facts.oldestRequest ?? -1) >= 0, 'and for how long')
    },
  )
}

interface Evidence {
  readonly id: number
  readonly facts: {
    readonly memory?: number
    readonly pid?: number
    readonly executing?: number
    readonly oldestRequest?: number
  }
}

const eventOf = async (server: TestServer, id: number): Promise<Evidence> => {
  const lines = (await readFile(join(server.folder, 'events.ndjson'), 'utf8')).trim().split('\n')
  const found = lines.map((line) => JSON.parse(line) as Evidence).find((event) => event.id === id)
  if (!found) throw new Error(`no event ${id}:\n${lines.join('\n')}`)
  return found
}
