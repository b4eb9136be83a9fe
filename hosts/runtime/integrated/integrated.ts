/** What is declared beside one application, as its worker meets it: imported only where something is declared. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import type { Exchange } from '../exchange.js'
import type { StandInSocket } from '../stand-in-socket.js'
import type { IntegratedPipeline } from './integrated-pipeline.js'
import { connectionItemsOf, WorkerContext } from './worker-context.js'

export class Integrated {
  private readonly pipeline: IntegratedPipeline
  private readonly settings: ApplicationSettings
  private readonly perClient: boolean

  /** @param perClient - the listener must not answer with copies of what it lets through */
  constructor(pipeline: IntegratedPipeline, settings: ApplicationSettings, perClient: boolean) {
    this.pipeline = pipeline
    this.settings = settings
    this.perClient = perClient
  }

  /**
   * Starts one request on its way.
   *
   * @param exchange - null for a request that no client has made
   */
  begin(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    exchange: Exchange | null,
  ): void {
    const { pipeline, settings } = this
    const ctx = new WorkerContext(pipeline, settings, request, response, expectsContinue, exchange, null)
    if (exchange) {
      exchange.noStore = this.perClient
      exchange.watch(pipeline, ctx)
    }
    pipeline.begin(ctx)
  }

  /** A connection of which it may have seen a request has closed. */
  endOfConnection(socket: StandInSocket): void {
    const items = connectionItemsOf(socket)
    if (items) this.pipeline.endOfConnection(items)
  }

  close(deadline: number): Promise<void> {
    return this.pipeline.close(deadline)
  }
}
