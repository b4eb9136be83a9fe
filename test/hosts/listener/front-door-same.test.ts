/** One conversation, with the front door and without: what the client receives and what is logged do not differ by a byte. */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { ManualClock } from '../../../core/clock.js'
import type { Stage } from '../../../core/contract/stage.js'
import { Namespace } from '../../../core/namespace/namespace.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { CacheStage } from '../../../modules/cache/cache-stage.js'
import validate from '../../../modules/validate/validate-stage.js'
import { makeApplication, page, START } from '../../modules/cache/drive.js'
import { build } from '../../../core/config/build.js'
import { get, type RawClient } from '../../harness/raw-client.js'
import { listen } from './listening.js'

/** The real stages before the route, and workers whose answers the target says. */
const open = async (test: Test, frontDoor: boolean) => {
  const clock = new ManualClock(START)
  const application = makeApplication()
  const namespace = new Namespace()
  const cache = new CacheStage(
    { enabled: true, maxBytes: 1e6, name: '', scavengerPeriod: 1e6 },
    clock,
    namespace,
  )
  const logged: object[] = []
  const route: Stage = {
    run(ctx) {
      ctx.site = application.site
      ctx.application = application
      return 'CONTINUE'
    },
  }
  const dispatch: Stage = {
    run(ctx) {
      const fresh = ctx.target.startsWith('/kept') ? 'max-age=60' : 'no-store'
      ctx.response.status = 200
      ctx.response.raw = page(fresh, `<${ctx.method} ${ctx.target}>`, ['ETag: "v"'])
      return 'CONTINUE'
    },
  }
  const log: Stage = {
    run(ctx) {
      logged.push(factsOf(ctx))
      return 'CONTINUE'
    },
  }
  const config = build({ sites: [] }, '/srv/applicationHost.json')
  const scope = { config } as unknown as Parameters<typeof validate.setup>[0]
  const stages = { validate: await validate.setup(scope, {}), cache, route, dispatch, log }
  const listening = await listen(test, stages, { frontDoor })
  return { listening, clock, cache, logged }
}

const factsOf = (ctx: RequestContext): object => {
  const { method, target, host, path, query, httpVersion, keepAlive, rawHeaders, bytesSent, bytesReceived } =
    ctx
  const { status, subStatus, fromCache, close } = ctx.response
  const { error, win32Status, state, bodyBytes } = ctx
  const request = { method, target, host, path, query, httpVersion, keepAlive, rawHeaders: [...rawHeaders] }
  const more = { status, subStatus, fromCache, close, error, win32Status, state, bodyBytes }
  return { ...request, bytesSent, bytesReceived, ...more, completed: ctx.completedAt >= ctx.receivedAt }
}

const hit = get('/kept')
/** Each is sent when so many responses have come to those before; `later` milliseconds pass first. */
const STEPS: readonly { send: string; answers: number; later?: number }[] = [
  { send: hit, answers: 1 },
  { send: hit, answers: 1 },
  { send: hit, answers: 1, later: 1000 },
  { send: hit, answers: 1, later: 2500 },
  { send: get('/kept?a=1'), answers: 1 },
  { send: get('/kept?a=1'), answers: 1 },
  { send: hit + hit + hit, answers: 3 },
  { send: hit + get('/other') + hit, answers: 3 },
  { send: get('/kept', { 'If-None-Match': '"v"' }), answers: 1 },
  { send: get('/kept', { 'If-None-Match': '"v"' }), answers: 1 },
  { send: get('/kept', { Range: 'bytes=1-3' }), answers: 1 },
  { send: hit.replace('GET', 'HEAD'), answers: 1 },
  { send: hit.replace('GET', 'HEAD'), answers: 1 },
  { send: 'POST /kept HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc', answers: 1 },
  { send: hit, answers: 1 },
  { send: hit, answers: 1, later: 61_000 },
  { send: hit, answers: 1 },
  { send: 'GET /kept HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n', answers: 1 },
  { send: hit, answers: 1 },
]

const converse = async (client: RawClient, clock: ManualClock): Promise<void> => {
  let answers = 0
  for (const { send, answers: more, later = 0 } of STEPS) {
    clock.advance(later)
    client.send(send)
    answers += more
    const come = (): number => client.received().match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0
    while (come() < answers) await once(client.socket, 'data')
  }
}

t.test('responses and log records are the same, byte by byte', async (test) => {
  const told: { text: string; logged: object[]; ended: string }[] = []
  for (const frontDoor of [true, false]) {
    const { listening, clock, logged } = await open(test, frontDoor)
    const client = await listening.connect()
    await converse(client, clock)
    client.send(`${hit}GET / HTTP/9.9\r\n\r\n`)
    const { how, text } = await client.ended()
    // The listener's own answers have the time of day.
    told.push({ text: text.replace(/\r\nDate: (?!.* 1994 ).*/g, ''), logged, ended: how })
  }
  const [withDoor, without] = told
  test.ok(without && without.logged.length >= 23)
  test.same(withDoor?.logged, without?.logged)
  test.equal(withDoor?.text, without?.text)
  test.equal(withDoor?.ended, without?.ended)
  test.match(withDoor?.text, /\r\nAge: 3\r\n/)
})

t.test('a graceful stop ends idle connections, and those under way with their response', async (test) => {
  for (const frontDoor of [true, false]) {
    const { listening } = await open(test, frontDoor)
    const [idle, busy] = [await listening.connect(), await listening.connect()]
    for (const client of [idle, busy]) {
      for (let round = 1; round <= 4; round++) {
        client.send(hit)
        await client.until(new RegExp(`^(?:[\\s\\S]*?<GET /kept>){${round}}$`))
      }
    }
    const half = Math.floor(hit.length / 2)
    busy.send(hit.slice(0, half))
    const closed = listening.listener.close()
    test.match(await idle.ended(), { how: 'closed' })
    busy.send(hit.slice(half))
    await busy.ended()
    await closed
    test.equal(listening.listener.connectionCount, 0, frontDoor ? 'on' : 'off')
  }
})
