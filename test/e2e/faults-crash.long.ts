/** A worker that dies with requests: what its own clients, the others of its pool, those of another pool and the event log see. */
import t from 'tap'
import {
  begun,
  calmAnswers,
  isolations,
  startFaulty,
  text,
  victimOf,
  type Isolation,
} from '../harness/faults.js'
import { get, rawClient } from '../harness/raw-client.js'

interface Crash {
  readonly fault: string
  readonly path: string
  readonly evidence: RegExp
  readonly only?: Isolation
}

const crashes: readonly Crash[] = [
  { fault: 'an uncaught exception', path: 'throw', evidence: /thrown in a handler/ },
  { fault: 'an unhandled rejection', path: 'reject', evidence: /rejected in a handler/ },
  { fault: 'process.exit', path: 'exit', evidence: /process\.exit\(3\)/ },
  { fault: 'process.exit(0)', path: 'exit-0', evidence: /process\.exit\(0\)/ },
  { fault: 'running out of memory', path: 'memory', evidence: /memory limit/ },
  { fault: 'SIGKILL', path: 'kill', evidence: /the signal SIGKILL/, only: 'process' },
  { fault: 'an abort of native code', path: 'abort', evidence: /the signal SIGABRT/, only: 'process' },
]

for (const isolation of isolations) {
  t.test(`${isolation}: who crashes resets its own clients, and nobody else notices`, async (t) => {
    const server = await startFaulty(isolation, {
      concurrentRequests: 2,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    })
    t.teardown(() => server.stop())
    for (const { fault, path, evidence, only = isolation } of crashes) {
      if (only !== isolation) continue
      await t.test(fault, async (t) => {
        const neighbour = await rawClient(server.port)
        neighbour.send(get(`/t/never/${path}`))
        await server.printed(begun(`/t/never/${path}`))
        const victim = await victimOf(server, `/t/fault/${path}`)
        // Both credits are taken: these wait in the queue.
        const waiting = Promise.all([1, 2, 3].map(() => text(`${server.url}/t/`)))
        t.same(await calmAnswers(server), new Set(['calm']))
        victim.send('x')
        const calm = calmAnswers(server)
        t.same(await victim.ended(), { how: 'reset', text: '' })
        t.same(await neighbour.ended(), { how: 'reset', text: '' }, 'the worker had that one too')
        t.same(new Set(await waiting), new Set(['trouble answers']), 'who waited goes to the new worker')
        t.same(await calm, new Set(['calm']))
        await server.printed(new RegExp(` 5009 .*${evidence.source}.*2 requests it had taken were lost`))
      })
    }
  })

  t.test(
    `${isolation}: a crash in the middle of a response cuts it, so that half does not look like a whole`,
    async (t) => {
      const server = await startFaulty(isolation)
      t.teardown(() => server.stop())
      const victim = await victimOf(server, '/t/half')
      await victim.until(/half/)
      victim.send('x')
      const { how, text: received } = await victim.ended()
      t.equal(how, 'reset')
      t.notMatch(received, /\r\n0\r\n\r\n$/, 'no end of a chunked body')
      await server.printed(/ 5009 .*process\.exit\(4\)/)
    },
  )

  t.test(`${isolation}: inFlight "502" answers instead of a reset`, async (t) => {
    const server = await startFaulty(isolation, { failure: { inFlight: '502' } })
    t.teardown(() => server.stop())
    const response = await fetch(`${server.url}/t/fault/exit`, { method: 'POST', body: 'x' })
    t.equal(response.status, 502)
    t.equal(await text(`${server.url}/t/`), 'trouble answers')
  })

  t.test(
    `${isolation}: a pool whose workers fail again and again is disabled; the others go on`,
    async (t) => {
      const server = await startFaulty(isolation, { failure: { rapidFailProtectionMaxCrashes: 2 } })
      t.teardown(() => server.stop())
      for (const round of [1, 2]) {
        const victim = await victimOf(server, `/t/fault/exit?${round}`)
        victim.send('x')
        t.same(await victim.ended(), { how: 'reset', text: '' })
      }
      await server.printed(/ 5002 .*is disabled: its workers failed 2 times/)
      const response = await fetch(`${server.url}/t/`)
      t.equal(response.status, 503)
      t.same(await calmAnswers(server), new Set(['calm']))
      t.notMatch(server.output(), /Worker 4 /, 'two of the pool, one of the calm one')
    },
  )

  t.test(
    `${isolation}: an endless loop is found from outside and its worker replaced; until then its pool waits, others go on`,
    async (t) => {
      const server = await startFaulty(isolation, {
        concurrentRequests: 1,
        processModel: { pingInterval: '1s', pingResponseTime: '2s' },
      })
      t.teardown(() => server.stop())
      t.same(await calmAnswers(server), new Set(['calm']))
      const victim = await victimOf(server, '/t/fault/spin')
      const waiting = text(`${server.url}/t/`)
      victim.send('x')
      t.same(await calmAnswers(server), new Set(['calm']))
      t.same(await victim.ended(), { how: 'reset', text: '' })
      t.equal(await waiting, 'trouble answers')
      await server.printed(/ 5010 .*has not answered a ping within 2 s/)
    },
  )
}
