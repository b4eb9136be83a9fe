/** Drives the real pipeline with stages written in a test, requests that no socket brought, and a clock that stands still. */
import { ManualClock } from '../../../core/clock.js'
import type { Connection } from '../../../core/contract/connection.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { Slot, Stage } from '../../../core/contract/stage.js'
import type { Chains, NamedStage } from '../../../core/pipeline/listener-steps.js'
import { Pipeline } from '../../../core/pipeline/pipeline.js'
import { RequestContext, type ResponseWriter } from '../../../core/pipeline/request-context.js'

let lastConnectionId = 0

export const makeConnection = (): Connection => ({
  id: ++lastConnectionId,
  remoteAddress: '192.0.2.7',
  remotePort: 50_000,
  localAddress: '192.0.2.1',
  localPort: 80,
  encrypted: false,
  receiver: null,
  receiverQueue: null,
  headers: [],
  sentHeaders: [],
  sentTo: null,
  knownTo: new Set(),
  closed: false,
})

export interface Asked {
  connection?: Connection
  writer?: ResponseWriter
  method?: string
  target?: string
  httpVersion?: '1.0' | '1.1'
  headers?: readonly string[]
  incoming?: RequestContext['incoming']
  keepAlive?: boolean
  expectsContinue?: boolean
}

/** A request that has its response by the time `send` returns. */
export const instantWriter: ResponseWriter = { send: () => 'CONTINUE', inform: () => undefined }

export const makeRequest = (pipeline: Pipeline, asked: Asked = {}): RequestContext => {
  const ctx = new RequestContext(
    pipeline,
    asked.connection ?? makeConnection(),
    asked.writer ?? instantWriter,
    asked.method ?? 'GET',
    asked.target ?? '/',
    asked.httpVersion ?? '1.1',
    asked.headers ?? ['Host', 'test'],
    asked.incoming ?? null,
    asked.keepAlive ?? true,
    asked.expectsContinue ?? false,
    0,
  )
  ctx.url = ctx.target
  return ctx
}

const SLOTS: readonly Slot[] = ['validate', 'cache', 'route', 'queue', 'dispatch', 'log']

export type Filling = Partial<Record<Slot, Stage | readonly Stage[]>>

/** One pipeline, and everything that happens in it, in order. */
export class Drive {
  readonly clock = new ManualClock(1_000)
  readonly events: ServerEvent[] = []
  /** States in which a stage ran, then `respond` with its status, then `log`; at the end `done`. */
  readonly trace: string[] = []
  readonly pipeline: Pipeline
  /** What the writer answers, and does first. */
  send: ResponseWriter['send'] = () => 'CONTINUE'
  readonly writer: ResponseWriter = {
    send: (ctx) => {
      this.trace.push(ctx.response.reset ? 'respond reset' : `respond ${ctx.response.status}`)
      return this.send(ctx)
    },
    inform: () => undefined,
  }

  /** A slot that is not given has one stage that only leaves its trace; one that is `[]` is empty. */
  constructor(filling: Filling = {}) {
    const chain = (slot: Slot): NamedStage[] => {
      const given = filling[slot] ?? { run: () => 'CONTINUE' as const }
      const stages = Array.isArray(given) ? (given as readonly Stage[]) : [given as Stage]
      return stages.map((stage, at) => ({
        name: stages.length > 1 ? `${slot}${at + 1}` : slot,
        stage: this.traced(stages.length > 1 ? `${slot}${at + 1}` : slot, stage),
      }))
    }
    const chains = Object.fromEntries(SLOTS.map((slot) => [slot, chain(slot)])) as unknown as Chains
    this.pipeline = new Pipeline(chains, { write: (event) => this.events.push(event) }, this.clock)
    this.pipeline.onDone = () => this.trace.push('done')
  }

  request(asked: Asked = {}): RequestContext {
    return makeRequest(this.pipeline, { writer: this.writer, ...asked })
  }

  /** Starts a request, and answers it as it is when nothing more happens by itself. */
  start(asked: Asked = {}): RequestContext {
    const ctx = this.request(asked)
    this.pipeline.run(ctx)
    return ctx
  }

  private traced(name: string, stage: Stage): Stage {
    return {
      ...stage,
      run: (ctx) => {
        this.trace.push(name)
        return stage.run(ctx)
      },
      ...(stage.store && {
        store: (ctx: RequestContext) => {
          this.trace.push(`${name} store`)
          stage.store?.(ctx)
        },
      }),
      ...(stage.cancel && {
        cancel: (ctx: RequestContext) => {
          this.trace.push(`${name} cancel`)
          stage.cancel?.(ctx)
        },
      }),
    }
  }
}

/** Lets promises that are settled be heard. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}
