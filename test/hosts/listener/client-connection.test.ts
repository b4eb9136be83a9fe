/** Every request of a connection is answered, or its connection ends; and each is logged once. */
import type { Stage } from '../../../core/contract/stage.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { get } from '../../harness/raw-client.js'
import { bothWays, echo } from './listening.js'

const logging = (): { log: Stage; logged: RequestContext[] } => {
  const logged: RequestContext[] = []
  const log: Stage = {
    run(ctx) {
      logged.push(ctx)
      return 'CONTINUE'
    },
  }
  return { log, logged }
}

bothWays(
  'a response that cannot be written ends the connection instead of leaving the client to wait',
  async (test, open) => {
    for (const response of [
      { headers: ['Location', '/\r\nSet-Cookie: a=1'], body: null },
      { headers: [], body: 42 as never },
    ]) {
      const { log, logged } = logging()
      const dispatch: Stage = {
        run(ctx) {
          ctx.respond(302, response.headers, response.body)
          return 'FINISH'
        },
      }
      const { connect, events } = await open({ dispatch, log })
      const client = await connect()
      client.send(get('/1'))
      test.equal((await client.ended()).text, '')
      test.match(logged, [{ error: 'INTERNAL' }])
      test.match(events, [{ facts: { state: 'respond' } }])
    }
  },
)

bothWays(
  'requests that wait behind one whose client goes away are logged too, as gone',
  async (test, open) => {
    const { log, logged } = logging()
    const arrived = new Promise<void>((resolve) => {
      let requests = 0
      pendingStage = {
        run: () => {
          if (++requests === 1) setImmediate(resolve)
          return 'PENDING'
        },
        cancel: () => undefined,
      }
    })
    const done = new Promise<void>((resolve) => {
      const run = log.run
      log.run = (ctx) => {
        const outcome = run(ctx)
        if (logged.length === 3) resolve()
        return outcome
      }
    })
    const { connect } = await open({ dispatch: pendingStage, log })
    const client = await connect()
    client.send(get('/1') + get('/2') + get('/3'))
    await arrived
    client.socket.destroy()
    await done
    test.match(
      logged,
      ['/1', '/2', '/3'].map((target) => ({ target, error: 'CLIENT_GONE', win32Status: 64 })),
    )
  },
)

let pendingStage: Stage = { run: () => 'PENDING' }

bothWays('a hundred pipelined requests are answered in their order', async (test, open) => {
  const { log, logged } = logging()
  const { connect } = await open({ dispatch: echo, log })
  const client = await connect()
  const targets = Array.from({ length: 200 }, (_value, at) => `/${at}`)
  client.send(targets.map((target) => get(target)).join(''))
  const text = await client.until(/<GET \/199>/)
  test.same(
    [...text.matchAll(/<GET (\/\d+)>/g)].map(([, target]) => target),
    targets,
  )
  test.equal(logged.length, 200)
})
