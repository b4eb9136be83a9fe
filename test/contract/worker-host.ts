/** What every worker host must do, whatever its workers run in: core/contract/worker-host.ts, asked of a real worker. */
import { createHash, randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { ToListener, ToWorker, WINDOW } from '../../core/contract/messages.js'
import type { WorkerHost } from '../../core/contract/worker-host.js'
import { DrivenWorker } from './driven-worker.js'

const APPLICATION = `
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
const all = Buffer.alloc(256)
for (let i = 0; i < 256; i++) all[i] = i
let held
export default (request, response) => {
  switch (request.url) {
    case '/echo': request.pipe(response); return
    case '/every-byte': response.end(all); return
    case '/hold': held = { request, response }; return
    case '/release': {
      const hash = createHash('sha256')
      held.request.on('data', (chunk) => hash.update(chunk)).on('end', () => held.response.end(hash.digest('hex')))
      return response.end('released')
    }
    case '/endless': Readable.from((function* () { for (;;) yield Buffer.alloc(16384, 'x') })()).pipe(response); return
    case '/throw': setImmediate(() => { throw new TypeError('nobody catches it') }); return
    case '/reject': void Promise.reject(new RangeError('nobody awaits it')); return
    case '/exit': process.exit(3); return
    case '/exit-well': process.exit(0); return
    case '/memory': { const all = []; for (;;) all.push(new Array(100000).fill(Math.random())) }
    case '/spin': response.writeHead(200); response.write('turning'); setTimeout(() => { for (;;); }, 20); return
    case '/later': setTimeout(() => response.end('later'), 50); return
    case '/timer': setInterval(() => undefined, 1000); response.end('a timer is on'); return
    default: response.end('well')
  }
}
`

/** @param apart - whether there is a wall between a worker and the server: what ends the one leaves the other. */
export const workerHostContract = (host: WorkerHost, apart = true): void => {
  const start = async (test: Test, pool: object = {}): Promise<DrivenWorker> => {
    const worker = new DrivenWorker(test, host, APPLICATION, pool)
    await worker.ready()
    return worker
  }

  t.test(`${host.name}: says that it is ready, and answers`, async (t) => {
    const worker = await start(t)
    t.match((await worker.answer(worker.ask('/'))).toString(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nwell$/)
    t.equal(worker.handle.pid === undefined, host.name !== 'process', 'a process has a pid')
  })

  t.test(`${host.name}: bytes stay bytes, small and large, up and down`, async (t) => {
    const worker = await start(t)
    const every = (await worker.answer(worker.ask('/every-byte'))).subarray(-256)
    t.same(
      [...every],
      Array.from({ length: 256 }, (_value, i) => i),
    )
    for (const size of [1, 100, 8_191, 8_192, 65_536, 200_000]) {
      const sent = randomBytes(size)
      const exchange = worker.ask('/echo', 'POST')
      worker.post([ToWorker.BODY, exchange, new Uint8Array(sent), ToWorker.BODY_END, exchange, ''])
      const got = await worker.answer(exchange)
      t.ok(got.includes(sent.subarray(0, 8_000)), `${size} bytes come back`)
    }
  })

  t.test(`${host.name}: a body that the application does not read is not acknowledged`, async (t) => {
    const worker = await start(t)
    const exchange = worker.ask('/hold', 'POST')
    const hash = createHash('sha256')
    for (let sent = 0; sent < WINDOW; sent += 32_768) {
      const chunk = randomBytes(32_768)
      hash.update(chunk)
      worker.post([ToWorker.BODY, exchange, new Uint8Array(chunk)])
    }
    await worker.answer(worker.ask('/'))
    t.ok(worker.readOf(exchange) < WINDOW, 'some of it waits')
    await worker.answer(worker.ask('/release'))
    await worker.until(() => worker.readOf(exchange) === WINDOW)
    worker.post([ToWorker.BODY_END, exchange, ''])
    t.ok((await worker.answer(exchange)).toString().endsWith(hash.digest('hex')), 'all of it is read then')
  })

  t.test(`${host.name}: a response stops at the window and goes on when it is acknowledged`, async (t) => {
    const worker = await start(t)
    const exchange = worker.ask('/endless')
    await worker.until(() => worker.bytesOf(exchange).length >= WINDOW)
    await worker.answer(worker.ask('/'))
    const before = worker.bytesOf(exchange).length
    t.ok(before < 2 * WINDOW, 'it waits')
    worker.post([ToWorker.RESPONSE_ACK, exchange, before])
    await worker.until(() => worker.bytesOf(exchange).length >= before + WINDOW / 2)
    worker.post([ToWorker.ABORT, exchange])
    t.match((await worker.answer(worker.ask('/'))).toString(), /well$/, 'an abort leaves the worker well')
  })

  if (apart) faults(host, start)

  t.test(`${host.name}: answers a ping with its memory`, async (t) => {
    const worker = await start(t)
    worker.post([ToWorker.PING])
    await worker.until(() => worker.find(ToListener.PONG) !== undefined)
    const [, memory, utilisation] = worker.find(ToListener.PONG) ?? []
    t.ok((memory as number) > 1_000_000)
    t.ok((utilisation as number) >= 0 && (utilisation as number) <= 1)
  })

  t.test(
    `${host.name}: drains: finishes what it has, says so, ends, whatever still ticks in it`,
    async (t) => {
      const worker = await start(t)
      if (apart) await worker.answer(worker.ask('/timer'))
      const exchange = worker.ask('/later')
      worker.post([ToWorker.DRAIN, Date.now() + 5_000, 'it is to end'])
      t.match((await worker.answer(exchange)).toString(), /later$/)
      t.match(await worker.end(), { kind: 'stopped' })
      t.ok(worker.find(ToListener.DRAINED))
      t.equal(worker.late, 0)
    },
  )
}

/** How a worker ends that does not end well. */
const faults = (host: WorkerHost, start: (test: Test, pool?: object) => Promise<DrivenWorker>): void => {
  for (const [fault, path, end] of [
    [
      'an uncaught exception',
      '/throw',
      { kind: 'crashed', error: { name: 'TypeError', message: 'nobody catches it' } },
    ],
    [
      'an unhandled rejection',
      '/reject',
      { kind: 'crashed', error: { message: 'nobody awaits it', stack: /app\.mjs/ } },
    ],
    ['process.exit(3)', '/exit', { kind: 'exited', exitCode: 3 }],
    ['process.exit(0)', '/exit-well', { kind: 'exited', exitCode: 0 }],
    ['its memory limit', '/memory', { kind: 'outOfMemory' }],
  ] as const) {
    t.test(`${host.name}: ${fault} is its end, and told as such`, async (t) => {
      const worker = await start(t, { resourceLimits: { maxOldGenerationSizeMb: 64 } })
      worker.ask(path)
      t.match(await worker.end(), end)
      worker.post([ToWorker.PING])
      worker.handle.kill()
      await new Promise((resolve) => setImmediate(resolve))
      t.equal(worker.ends.length, 1, 'once')
      t.equal(worker.late, 0, 'and last')
    })
  }

  t.test(`${host.name}: one without the memory to start at all is told`, async (t) => {
    const worker = new DrivenWorker(t, host, APPLICATION, { resourceLimits: { maxOldGenerationSizeMb: 2 } })
    const end = await worker.end()
    t.match(end?.kind, /^(outOfMemory|crashed)$/)
    t.equal(worker.ends.length, 1, 'once')
  })

  t.test(`${host.name}: one that ends before it is ready is told the same way`, async (t) => {
    const worker = new DrivenWorker(t, host, 'process.exit(7)')
    t.match(await worker.end(), { kind: 'exited', exitCode: 7 })
  })

  t.test(`${host.name}: an endless loop can be killed`, async (t) => {
    const worker = await start(t)
    const exchange = worker.ask('/spin')
    await worker.until(() => worker.bytesOf(exchange).includes('turning'))
    worker.handle.kill()
    t.match(await worker.end(), { kind: 'killed' })
    t.equal(worker.late, 0)
  })

  t.test(`${host.name}: a start can be killed`, async (t) => {
    const worker = new DrivenWorker(t, host, 'for (;;);')
    worker.handle.kill()
    t.match(await worker.end(), { kind: 'killed' })
  })
}
