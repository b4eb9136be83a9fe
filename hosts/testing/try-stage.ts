/** Runs a stage of the pipeline against one request, without a server: what it does, and what becomes of the request. */
import Fastify from 'fastify'
import {
  ManualClock,
  RequestContext,
  type ServerConfig,
  type ServerEvent,
  type Slot,
  type Stage,
  type StageModule,
} from '../../core/index.js'
import { Namespace } from '../../core/namespace/namespace.js'
import { Pipeline } from '../../core/pipeline/pipeline.js'
import type { Chains } from '../../core/pipeline/listener-steps.js'
import { composeResponse } from '../listener/response-head.js'
import { checkedOptions } from './checked-options.js'
import { standInConnection } from './stand-in-connection.js'

/** What is asked; everything has a default. */
export interface StageRequest {
  readonly method?: string
  /** Path and query. */
  readonly url?: string
  /** Names and values in turn. */
  readonly headers?: readonly string[]
}

/** What an application behind the stage would answer. */
export interface StageResponse {
  readonly status?: number
  readonly headers?: readonly string[]
  readonly body?: string
}

/** What became of one request. */
export interface StageRun {
  /** The request when all was over: its response, its error, what the stage has left on it. */
  readonly ctx: RequestContext
  /** The request went on to the application. */
  readonly passed: boolean
  readonly status: number
  /** The whole response as it would be on the wire, one character for each byte; '' where the connection was cut. */
  readonly text: string
}

/** A stage that can be asked, without a server. */
export interface StageTrial {
  /** The stage itself, set up. */
  readonly stage: Stage
  readonly clock: ManualClock
  readonly events: readonly ServerEvent[]
  /** Sends one request through the stage. */
  run(request?: StageRequest, response?: StageResponse): Promise<StageRun>
  /** Calls what the stage has registered with `onClose`. */
  close(): Promise<void>
}

/**
 * Sets a stage up and lets requests pass it.
 *
 * @param given - its options, as in `applicationHost.json`: checked against its schema, and completed with the defaults.
 * @param slot - for a stage that is made for several.
 * @throws TypeError when the options are wrong.
 */
export const tryStage = async (
  module: StageModule,
  given: Readonly<Record<string, unknown>> = {},
  slot: Slot = module.slots[0] ?? 'validate',
): Promise<StageTrial> => {
  const options = await checkedOptions(module, given)
  const events: ServerEvent[] = []
  const closers: (() => void | Promise<void>)[] = []
  const clock = new ManualClock()
  const config = { directory: process.cwd(), sites: [], applicationPools: [], modules: [] }
  const stage = await module.setup(
    {
      fastify: Fastify({ logger: false }),
      config: config as unknown as ServerConfig,
      events: { write: (event) => events.push(event) },
      clock,
      namespace: new Namespace(),
      onClose: (close) => closers.push(close),
    },
    options,
  )
  return {
    stage,
    clock,
    events,
    run: (request = {}, response = {}) => runOnce(module.name, stage, slot, clock, events, request, response),
    close: async () => {
      for (const close of closers.reverse()) await close()
    },
  }
}

const runOnce = (
  name: string,
  stage: Stage,
  slot: Slot,
  clock: ManualClock,
  events: ServerEvent[],
  { method = 'GET', url = '/', headers = ['Host', 'localhost'] }: StageRequest,
  { status = 200, headers: fields = [], body = 'the application' }: StageResponse,
): Promise<StageRun> => {
  let passed = false
  let text = ''
  const application: Stage = {
    run(ctx) {
      passed = true
      const lines = [`HTTP/1.1 ${status} OK`]
      for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i] ?? ''}: ${fields[i + 1] ?? ''}`)
      lines.push(`Content-Length: ${Buffer.byteLength(body)}`, '', '')
      ctx.response.status = status
      ctx.response.raw = lines.join('\r\n') + Buffer.from(body).toString('latin1')
      return 'CONTINUE'
    },
  }
  const chains: Record<Slot, { name: string; stage: Stage }[]> = {
    validate: [],
    cache: [],
    route: [],
    queue: [],
    dispatch: [{ name: 'application', stage: application }],
    log: [],
  }
  chains[slot] = [{ name, stage }]
  const pipeline = new Pipeline(chains satisfies Chains, { write: (event) => events.push(event) }, clock)
  const writer = {
    send(ctx: RequestContext): 'CONTINUE' {
      const { response } = ctx
      if (!response.reset) {
        const bytes = response.raw ?? composeResponse(ctx, true, ctx.receivedAt)
        text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')
      }
      return 'CONTINUE'
    },
    inform: () => undefined,
  }
  return new Promise((resolve) => {
    pipeline.onDone = (done) => {
      resolve({ ctx: done, passed, status: done.response.status, text })
    }
    const ctx = new RequestContext(
      pipeline,
      standInConnection(),
      writer,
      method,
      url,
      '1.1',
      headers,
      null,
      true,
      false,
      clock.now(),
    )
    // What validate would fill in, for stages that come after it.
    const at = url.indexOf('?')
    ctx.host = (ctx.header('host') ?? '').replace(/:\d+$/, '').toLowerCase()
    ctx.path = decodeURI(at < 0 ? url : url.slice(0, at))
    ctx.query = at < 0 ? '' : url.slice(at + 1)
    ctx.url = url
    pipeline.run(ctx)
  })
}
