/** A real listener on a free port, before a pipeline whose stages a test writes. */
import type { Test } from 'tap'
import { systemClock } from '../../../core/clock.js'
import { build } from '../../../core/config/build.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { Slot, Stage } from '../../../core/contract/stage.js'
import type { Chains } from '../../../core/pipeline/listener-steps.js'
import { Pipeline } from '../../../core/pipeline/pipeline.js'
import { Listener } from '../../../hosts/listener/listener.js'
import { rawClient, type RawClient } from '../../harness/raw-client.js'

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
