/** The server's own thread hosts applications like any worker, but for the walls; it listens itself all the while. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { ToListener, ToWorker } from '../../../core/contract/messages.js'
import { inlineHost } from '../../../hosts/inline/inline-host.js'
import { DrivenWorker } from '../../contract/driven-worker.js'
import { workerHostContract } from '../../contract/worker-host.js'

workerHostContract(inlineHost, false)

t.test('a kill cuts it off: nothing more passes, in either direction', async (t) => {
  const worker = new DrivenWorker(
    t,
    inlineHost,
    `export default (request, response) => setImmediate(() => response.end('too late'))`,
  )
  await worker.ready()
  const exchange = worker.ask('/')
  worker.handle.kill()
  worker.handle.kill()
  t.match(await worker.end(), { kind: 'killed' })
  worker.post([ToWorker.PING])
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(worker.bytesOf(exchange).length, 0)
  t.equal(worker.find(ToListener.PONG), undefined)
  t.equal(worker.ends.length, 1)
  t.equal(worker.late, 0)
})

t.test('a program that listens is taken over; the server itself listens as ever', async (t) => {
  const worker = new DrivenWorker(
    t,
    inlineHost,
    `import { createServer } from 'node:http'
     createServer((request, response) => response.end('taken over')).listen(process.env.PORT)`,
  )
  await worker.ready()
  t.match((await worker.answer(worker.ask('/'))).toString(), /taken over$/)
  const own = createServer((_request, response) => response.end('own')).listen(0, '127.0.0.1')
  t.teardown(() => own.close())
  await once(own, 'listening')
  const { port } = own.address() as AddressInfo
  t.equal(await (await fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } })).text(), 'own')
})

t.test('applications may write to their settings without writing to those of the server', async (t) => {
  const environmentVariables = { WEBGARDEN_TEST_INLINE: 'of the pool' }
  const worker = new DrivenWorker(
    t,
    inlineHost,
    `export default (request, response) => response.end(process.env.WEBGARDEN_TEST_INLINE + ' in ' + process.pid)`,
    { environmentVariables },
  )
  t.teardown(() => {
    delete process.env.WEBGARDEN_TEST_INLINE
  })
  await worker.ready()
  const answer = (await worker.answer(worker.ask('/'))).toString()
  t.ok(answer.endsWith(`of the pool in ${process.pid}`), 'in this very process')
})
