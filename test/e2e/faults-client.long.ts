/** Clients that go away, and applications that answer wrongly or never: nothing is held on to afterwards. Threads and processes. */
import t from 'tap'
import { becomes, socketsOf } from '../harness/descriptors.js'
import { begun, calmAnswers, cut, isolations, startFaulty, text } from '../harness/faults.js'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import type { TestServer } from '../harness/server.js'

const CREDITS = 5
const QUEUE = 10

const clients = (server: TestServer, count: number): Promise<RawClient[]> =>
  Promise.all(Array.from({ length: count }, () => rawClient(server.port)))

/** Takes all credits, each with a request that is never answered. */
const takeCredits = async (server: TestServer, path: string): Promise<RawClient[]> => {
  const all = await clients(server, CREDITS)
  for (const [index, client] of all.entries()) client.send(get(`${path}?${index}.`))
  for (const index of all.keys()) await server.printed(begun(`${path}?${index}.`))
  return all
}

const leave = (all: readonly RawClient[]): void => {
  for (const client of all) client.socket.destroy()
}

for (const isolation of isolations) {
  t.test(
    `${isolation}: clients that go away give back their descriptors, credits and places in the queue`,
    async (t) => {
      const server = await startFaulty(isolation, { concurrentRequests: CREDITS, queueLength: QUEUE })
      t.teardown(() => server.stop())
      for (const path of ['/', '/t/']) {
        const client = await rawClient(server.port)
        client.send(get(path, { Connection: 'close' }))
        await client.ended()
      }
      const before = socketsOf(server)
      const backToBefore = (): Promise<void> => becomes(() => socketsOf(server) <= before)

      await t.test('while they wait in the queue', async (t) => {
        const holders = await takeCredits(server, '/t/never/held')
        for (let round = 1; round <= 2; round++) {
          const waiting = await clients(server, QUEUE)
          for (const client of waiting) client.send(get('/t/queued'))
          t.same(await calmAnswers(server), new Set(['calm']))
          t.same(new Set(waiting.map((client) => client.received())), new Set(['']), 'there is room for all')
          leave(waiting)
          await becomes(() => socketsOf(server) <= before + CREDITS)
        }
        leave(holders)
        for (const index of holders.keys()) await server.printed(cut(`/t/never/held?${index}.`))
        await backToBefore()
        t.notMatch(server.output(), begun('/t/queued'), 'no worker has seen them')
      })

      await t.test('while they upload', async (t) => {
        const uploading = await clients(server, CREDITS)
        for (const [index, client] of uploading.entries())
          client.send(
            `POST /t/upload?${index}. HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`,
          )
        for (const index of uploading.keys())
          await server.printed(new RegExp(`^uploading /upload\\?${index}\\.$`, 'm'))
        leave(uploading)
        for (const index of uploading.keys()) await server.printed(cut(`/t/upload?${index}.`))
        await backToBefore()
        t.equal(await text(`${server.url}/t/`), 'trouble answers')
      })

      await t.test('while they download', async (t) => {
        const downloading = await clients(server, CREDITS)
        for (const [index, client] of downloading.entries()) {
          client.send(get(`/t/download?bytes=1000000000&${index}.`))
          await client.until(/^HTTP\/1\.1 200 /)
          client.socket.pause()
        }
        leave(downloading)
        for (const index of downloading.keys())
          await server.printed(cut(`/t/download?bytes=1000000000&${index}.`))
        await backToBefore()
        t.equal(await text(`${server.url}/t/`), 'trouble answers')
      })

      await t.test('and all credits are there again', async (t) => {
        leave(await takeCredits(server, '/t/never/again'))
        await backToBefore()
        t.equal(await text(`${server.url}/t/`), 'trouble answers')
      })
      t.notMatch(server.output(), / 50\d\d /, 'nothing of all that is the worker’s failure')
    },
  )

  t.test(`${isolation}: a full queue refuses, and takes again when there is room`, async (t) => {
    const server = await startFaulty(isolation, { concurrentRequests: 1, queueLength: QUEUE })
    t.teardown(() => server.stop())
    const holder = await rawClient(server.port)
    holder.send(get('/t/never'))
    await server.printed(begun('/t/never'))
    const crowd = await clients(server, QUEUE + 3)
    for (const client of crowd) client.send(get('/t/'))
    const refused = (): RawClient[] => crowd.filter((client) => client.received().includes('\r\n\r\n'))
    await becomes(() => refused().length >= 3)
    for (const client of refused())
      t.match(
        (await client.ended()).text,
        /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*\r\nConnection: close\r\n/,
      )
    t.equal(refused().length, 3)
    t.same(await calmAnswers(server), new Set(['calm']))
    const served = crowd.filter((client) => !refused().includes(client))
    holder.socket.destroy()
    for (const client of served) await client.until(/trouble answers/)
    t.equal(await text(`${server.url}/t/`), 'trouble answers')
    leave(served)
  })

  t.test(
    `${isolation}: a handler that never answers keeps its own client waiting only, until that one goes`,
    async (t) => {
      const server = await startFaulty(
        isolation,
        { processModel: { pingInterval: '1s' } },
        { config: { webLimits: { connectionTimeout: '1s' } } },
      )
      t.teardown(() => server.stop())
      const client = await rawClient(server.port)
      client.send(get('/t/never'))
      await server.printed(begun('/t/never'))
      t.equal(await text(`${server.url}/t/`), 'trouble answers', 'the same worker serves others')
      t.same(await calmAnswers(server), new Set(['calm']))
      const silent = await rawClient(server.port)
      await silent.ended()
      t.equal(client.received(), '', 'connectionTimeout is for who has nothing to wait for')
      t.notOk(client.socket.closed)
      client.socket.destroy()
      await server.printed(cut('/t/never'))
      t.notMatch(server.output(), / 50\d\d /, 'its event loop turns: pings are answered, and nobody ends it')
    },
  )

  t.test(
    `${isolation}: a body that is shorter than declared is cut off, and the event log says whose`,
    async (t) => {
      const server = await startFaulty(isolation)
      t.teardown(() => server.stop())
      const client = await rawClient(server.port)
      client.send(get('/t/short'))
      const { text: received } = await client.ended()
      t.match(received, /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 10\r\n[^]*\r\n\r\nshort$/)
      await server.printed(
        / worker .*"Test\/t" answered GET \/t\/short with a body of 5 bytes, but declared a Content-Length of 10/,
      )
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      t.same(await calmAnswers(server), new Set(['calm']))
    },
  )
}
