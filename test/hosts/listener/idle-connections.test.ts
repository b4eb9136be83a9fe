/** What connections hold on to while nothing happens on them: neither their last request nor its response. */
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import type { Stage } from '../../../core/contract/stage.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { get, type RawClient } from '../../harness/raw-client.js'
import { listen } from './listening.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const CONNECTIONS = 200

/** Asks each path in turn on all connections; answers how many of the last requests are still in memory. */
const retainedAfter = async (test: Test, paths: readonly string[], frontDoor = true): Promise<number> => {
  let seen: WeakRef<RequestContext>[] = []
  const cache: Stage = {
    repeatable: true,
    run(ctx) {
      if (!ctx.target.startsWith('/hit')) return 'CONTINUE'
      ctx.response.status = 200
      ctx.response.raw = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone'
      ctx.response.fromCache = true
      return 'FINISH'
    },
  }
  const dispatch: Stage = {
    run(ctx) {
      ctx.respond(200, [], 'done')
      return 'CONTINUE'
    },
  }
  const log: Stage = {
    run(ctx) {
      seen.push(new WeakRef(ctx))
      return 'CONTINUE'
    },
  }
  const route: Stage = { run: () => 'CONTINUE' }
  const listening = await listen(test, { cache, dispatch, log, route }, { frontDoor })
  const clients: RawClient[] = []
  for (let i = 0; i < CONNECTIONS; i++) clients.push(await listening.connect())
  for (const [turn, path] of paths.entries()) {
    seen = []
    const answered = new RegExp(`^(?:[\\s\\S]*?done){${turn + 1}}$`)
    for (const client of clients) {
      client.send(get(path))
      await client.until(answered)
    }
  }
  test.equal(seen.length, CONNECTIONS)
  // A reference that was read lives until its job has ended, so none is read before the garbage is collected.
  for (let round = 0; round < 5; round++) {
    await turn()
    collectGarbage()
  }
  return seen.filter((one) => one.deref() !== undefined).length
}

/** The machinery may hold the very last one. */
const FEW = 2

t.test('connections whose requests all went the whole way', async (test) => {
  test.ok((await retainedAfter(test, ['/miss', '/miss'])) <= FEW)
})

t.test('connections that have had hits, without the front door', async (test) => {
  test.ok((await retainedAfter(test, ['/hit', '/hit', '/miss'], false)) <= FEW)
})

t.test('connections that the front door attends to, after a hit', async (test) => {
  test.ok((await retainedAfter(test, ['/hit', '/hit', '/hit'])) <= FEW)
})

t.test('connections that the front door attends to, after a miss', async (test) => {
  test.ok((await retainedAfter(test, ['/hit', '/hit', '/miss'])) <= FEW)
})
