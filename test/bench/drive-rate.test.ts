/** The driver with fixed arrival times: a stalled server must not make it wait, or stalls would not be seen. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { driveRate } from './drive-rate.js'
import { CONNECTIONS } from './load.js'

const serve = async (t: Test, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

t.test('as many requests are sent as the rate and the time say', async (t) => {
  let asked = 0
  const url = await serve(t, (_request, response) => {
    asked++
    response.end('hello')
  })
  t.match(await driveRate({ url, perSecond: 400, seconds: 0.5 }), { requests: 200, failures: 0 })
  t.equal(asked, 200)
})

t.test('requests that were due while the server stalled count with the time that they waited', async (t) => {
  let stalledUntil = 0
  const url = await serve(t, (_request, response) => {
    stalledUntil ||= performance.now() + 300
    setTimeout(() => response.end('late'), Math.max(0, stalledUntil - performance.now()))
  })
  const { latencies } = await driveRate({ url, perSecond: 1000, seconds: 0.5 })
  const slow = latencies.filter((latency) => latency > 100).length
  t.ok(
    slow > 2 * CONNECTIONS,
    `${slow} were slow; a driver that waits for its connections would see ${CONNECTIONS}`,
  )
})

t.test('an answer that is not 2xx is a failure', async (t) => {
  const url = await serve(t, (_request, response) => {
    response.writeHead(503, { 'Content-Length': 0 }).end()
  })
  t.match(await driveRate({ url, perSecond: 100, seconds: 0.1 }), { requests: 10, failures: 10 })
})
