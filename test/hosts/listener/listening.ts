/** A real listener on a free port, before a pipeline whose stages a test writes. */
import t, { type Test } from 'tap'
import { systemClock } from '../../../core/clock.js'
import { build } from '../../../core/config/build.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { Slot, Stage } from '../../../core/contract/stage.js'
import type { Chains } from '../../../core/pipeline/listener-steps.js'
import { Pipeline } from '../../../core/pipeline/pipeline.js'
import { Listener } from '../../../hosts/listener/listener.js'
import { get, rawClient, type RawClient } from '../../harness/raw-client.js'

export interface Listening {
  readonly listener: Listener
  readonly events: ServerEvent[]
  connect(): Promise<RawClient>
}

/** Slots that are not given are empty. */
export const listen = async (
  test: Test,
  filling: Partial<Record<Slot, Stage>>,
  { frontDoor = true, webLimits = {} } = {},
): Promise<Listening> => {
  const slots: readonly Slot[] = ['validate', 'cache', 'route', 'queue', 'dispatch', 'log']
  const chain = (slot: Slot) => (filling[slot] ? [{ name: slot, stage: filling[slot] }] : [])
  const chains = Object.fromEntries(slots.map((slot) => [slot, chain(slot)])) as unknown as Chains
  const events: ServerEvent[] = []
  const pipeline = new Pipeline(chains, { write: (event) => events.push(event) }, systemClock)
  const config = build({ sites: [], webLimits }, '/srv/applicationHost.json')
  const listener = new Listener({
    config,
    pipeline,
    clock: systemClock,
    frontDoor,
    events: { write: (event) => events.push(event) },
  })
  const { port } = await listener.open({ address: '127.0.0.1', port: 0 })
  const clients: RawClient[] = []
  test.teardown(async () => {
    for (const { socket } of clients) socket.destroy()
    listener.destroy()
    await listener.close()
  })
  return {
    listener,
    events,
    connect: async () => {
      const client = await rawClient(port)
      clients.push(client)
      return client
    },
  }
}

/** The dispatch of a test: answers with the target, and with the body where there is one. */
export const echo: Stage = {
  run(ctx) {
    const { incoming } = ctx
    if (!incoming) {
      ctx.respond(200, [], `<${ctx.method} ${ctx.target}>`)
      return 'CONTINUE'
    }
    let body = ''
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
    incoming.on('end', () => {
      ctx.respond(200, [], `<${ctx.method} ${ctx.target} ${JSON.stringify(body)}>`)
      ctx.resume('CONTINUE')
    })
    return 'PENDING'
  },
}

type Filling = Partial<Record<Slot, Stage>>

/**
 * One test, twice: with the front door, where `connect` gives connections that it attends to already, and without. What
 * goes before a test's own requests is in no log and in nothing received.
 */
export const bothWays = (
  name: string,
  body: (test: Test, open: (filling: Filling) => Promise<Listening>) => Promise<void>,
): void => {
  for (const frontDoor of [true, false]) {
    t.test(`${name} (front door ${frontDoor ? 'on' : 'off'})`, (test) =>
      body(test, async (filling) => {
        const listening = await listen(test, { ...withWarmth(filling) }, { frontDoor })
        return { ...listening, connect: () => warm(listening) }
      }),
    )
  }
}

const WARM = '/warm'

const withWarmth = (filling: Filling): Filling => {
  const { log } = filling
  return {
    cache: {
      repeatable: true,
      run(ctx) {
        if (ctx.target !== WARM) return 'CONTINUE'
        ctx.response.status = 200
        ctx.response.raw = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwarm'
        ctx.response.fromCache = true
        return 'FINISH'
      },
    },
    route: { run: () => 'CONTINUE' },
    ...filling,
    ...(log ? { log: { run: (ctx) => (ctx.target === WARM ? 'CONTINUE' : log.run(ctx)) } } : {}),
  }
}

/** After a few hits the front door reads the connection, and knows where its messages begin. */
const warm = async ({ connect }: Listening): Promise<RawClient> => {
  const client = await connect()
  for (let round = 1; round <= 4; round++) {
    client.send(get(WARM))
    await client.until(new RegExp(`^(?:[\\s\\S]*?\\r\\nwarm){${round}}$`))
  }
  client.forget()
  return client
}
