/** A stage that follows a request beyond its own state, and requests that a stage makes itself. */
import t from 'tap'
import type { RequestFollower } from '../../../core/contract/follower.js'
import type { Stage } from '../../../core/contract/stage.js'
import { RequestError } from '../../../core/errors.js'
import { ResponseParts } from '../../../core/handover/response-parts.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { Drive } from './drive.js'

const finish: Stage = {
  run(ctx) {
    ctx.respond(200, [], 'done')
    return 'FINISH'
  },
}

/** A follower that notes what it is told, and rescues if it is to. */
const follower = (rescues = false) => {
  const told: string[] = []
  const one: RequestFollower = {
    rescue(ctx, code) {
      told.push(`rescue ${code}`)
      if (rescues) ctx.respond(200, [], 'stale')
      return rescues
    },
    done(ctx) {
      told.push(`done ${ctx.response.status}`)
    },
  }
  return { told, one }
}
const followed = (one: RequestFollower): Stage => ({
  run(ctx) {
    ctx.follower = one
    return 'CONTINUE'
  },
})

t.test('it is told once that the request is over, whatever became of it', async (test) => {
  const well = follower()
  new Drive({ cache: followed(well.one), dispatch: finish }).start()
  test.same(well.told, ['done 200'])
  const gone = follower()
  const drive = new Drive({
    cache: followed(gone.one),
    dispatch: { run: () => 'PENDING', cancel: () => undefined },
  })
  const ctx = drive.start()
  test.same(gone.told, [])
  drive.pipeline.abandon(ctx)
  test.same(gone.told, ['done 0'])
})

t.test('an error is answered unless it has an answer in its place', async (test) => {
  const fails: Stage = {
    run() {
      throw new RequestError('UNAVAILABLE')
    },
  }
  for (const rescues of [true, false]) {
    const { told, one } = follower(rescues)
    const drive = new Drive({ cache: followed(one), queue: fails })
    const ctx = drive.start()
    test.same(told, ['rescue UNAVAILABLE', `done ${rescues ? 200 : 503}`])
    test.equal(ctx.error, rescues ? null : 'UNAVAILABLE')
    test.same(drive.trace.slice(-3), [`respond ${rescues ? 200 : 503}`, 'log', 'done'])
  }
  const { told, one } = follower(true)
  const drive = new Drive({ cache: followed(one), dispatch: { run: () => 'PENDING' } })
  drive.start().fail('WORKER_LOST')
  test.same(told, ['rescue WORKER_LOST', 'done 200'], 'also in place of a reset')
})

t.test(
  'a stage’s own request goes from the route to the store; no client, no log, no other stage',
  async (test) => {
    const { told, one } = follower()
    const seen: RequestContext[] = []
    const dispatch: Stage = {
      run(ctx) {
        seen.push(ctx)
        ctx.connection.knownTo.add({ forget: () => told.push('forgotten') } as never)
        ctx.respond(204, [], null)
        return 'FINISH'
      },
    }
    const cache: Stage = { run: () => 'CONTINUE', store: () => undefined }
    const drive = new Drive({ cache, dispatch })
    const ctx = drive.request({ target: '/x?y', method: 'HEAD' })
    ctx.host = 'h'
    ctx.path = '/x'
    ctx.query = 'y'
    ctx.askAgain(['Host', 'h', 'If-None-Match', '"1"'], one)
    test.same(drive.trace, ['route', 'queue', 'dispatch', 'cache store'])
    test.same(told, ['forgotten', 'done 204'])
    const [own] = seen
    test.match(own, {
      method: 'GET',
      target: '/x?y',
      url: '/x?y',
      host: 'h',
      path: '/x',
      query: 'y',
      incoming: null,
    })
    test.same(own?.rawHeaders, ['Host', 'h', 'If-None-Match', '"1"'])
    const { remoteAddress, localPort } = ctx.connection
    test.match(own?.connection, { remoteAddress, localPort, closed: true })
    test.ok(own && own.connection.id < 0)
  },
)

t.test('its response is read to the end, however long it is', async (test) => {
  const { told, one } = follower()
  const consumed: number[] = []
  const none = (): void => undefined
  const acknowledge = (_exchange: number, bytes: number): void => {
    consumed.push(bytes)
  }
  const parts = new ResponseParts({ acknowledge, abort: none, tapFailed: none }, 1)
  const dispatch: Stage = {
    run(ctx) {
      ctx.response.raw = 'head'
      ctx.response.status = 200
      ctx.response.stream = parts
      return 'CONTINUE'
    },
  }
  const drive = new Drive({ dispatch })
  drive.request().askAgain([], one)
  parts.push('12345')
  test.same(consumed, [4, 5])
  test.same(told, [])
  parts.end()
  test.same(told, ['done 200'])
})

t.test('a response that is dropped is still read by who has tapped it', async (test) => {
  const drive = new Drive({})
  const ctx = drive.request()
  const none = (): void => undefined
  const parts = new ResponseParts({ acknowledge: none, abort: none, tapFailed: none }, 1)
  ctx.response.raw = 'head'
  ctx.response.stream = parts
  let text = ''
  parts.tap({ write: (bytes) => (text += String(bytes)), end: () => (text += '.'), fail: none })
  ctx.dropResponse()
  test.match(ctx.response, { raw: null, stream: null })
  parts.push('ab')
  parts.end()
  test.equal(text, 'ab.')
})

t.test('the front door asks `peek` where there is one', async (test) => {
  const asked: string[] = []
  const cache: Stage = {
    repeatable: true,
    run: () => {
      asked.push('run')
      return 'PENDING'
    },
    peek: () => {
      asked.push('peek')
      return 'CONTINUE'
    },
  }
  const drive = new Drive({ validate: [], cache })
  test.equal(drive.pipeline.tryCached(drive.request()), false)
  test.same(asked, ['peek'])
})
