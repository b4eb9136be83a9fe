/** Asks an application for a page before its worker takes requests, as a client would; no listener and no log sees it. */
import { ServerResponse } from 'node:http'
import { systemClock } from '../../core/clock.js'
import type { ServerEvent } from '../../core/contract/events.js'
import type { WarmUpPage } from '../../core/contract/messages.js'
import { Outbox } from '../../core/handover/outbox.js'
import { Exchange } from './exchange.js'
import type { ExchangeOwner } from './exchange-owner.js'
import type { Hosted } from './hosted-applications.js'
import { makeRequest } from './hosted-request.js'
import { WarmUpVariables } from './server-variables.js'
import { StandInSocket } from './stand-in-socket.js'

/**
 * Asks for the pages of one application, one after the other. What goes wrong is told and does not stop the start: the
 * worker is no worse than one that was never warmed.
 *
 * @param deadline - milliseconds since the epoch; what has not been answered by then is given up
 */
export const warmUp = async (
  hosted: Hosted,
  deadline: number,
  tell: (event: ServerEvent) => void,
): Promise<void> => {
  const { site, mount, pool, warmUp: pages } = hosted.settings
  for (const page of pages) {
    const failure = await new WarmUpRequest(hosted, page).run(deadline)
    if (failure === null) continue
    tell({
      id: 0,
      level: 'warning',
      source: 'worker',
      text:
        `Application "${site}${mount || '/'}" could not be warmed up with ${page.path}: ${failure}. ` +
        'Its worker takes requests all the same.',
      facts: { site, application: mount || '/', pool, page: page.path, hostName: page.hostName },
    })
  }
}

class WarmUpRequest implements ExchangeOwner {
  readonly outbox: Outbox
  private readonly hosted: Hosted
  private readonly exchange: Exchange
  private isDirty = false
  /** The deadline has passed. */
  private late = false
  private isFlushed = false
  private finish: () => void = () => undefined

  constructor(hosted: Hosted, { path, hostName }: WarmUpPage) {
    this.hosted = hosted
    this.outbox = new Outbox(() => {
      // Nobody reads the answer, however long it is.
      setImmediate(() => {
        this.exchange.acknowledge(this.exchange.unacknowledged)
      })
    })
    this.outbox.onFlush = () => {
      if (!this.isDirty) return
      this.isDirty = false
      this.isFlushed = true
      this.exchange.flush(this.outbox.open())
    }
    this.outbox.onFlushed = () => {
      if (!this.isFlushed) return
      this.isFlushed = false
      this.exchange.flushed()
    }
    const { mount, port } = hosted.settings
    const socket = new StandInSocket({
      id: 0,
      remoteAddress: '127.0.0.1',
      remotePort: 0,
      localAddress: '127.0.0.1',
      localPort: port,
      encrypted: false,
    })
    socket.rawHeaders = ['Host', hostName || 'localhost']
    const url = mount + path
    const request = makeRequest(socket, hosted, 'GET', url, false, false)
    request.serverVariables = new WarmUpVariables(request, hosted.settings, url)
    request.complete = true
    request.push(null)
    this.exchange = new Exchange(this, 0, socket, request, new ServerResponse(request))
  }

  /** Resolves with what went wrong, or null. */
  async run(deadline: number): Promise<string | null> {
    const { exchange, hosted } = this
    const { request, response, socket } = exchange
    const cancel = systemClock.after(Math.max(0, deadline - Date.now()), () => {
      this.late = true
      exchange.abort()
    })
    try {
      await new Promise<void>((resolve) => {
        this.finish = resolve
        hosted.handle(request, response, false, exchange)
      })
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error)
    } finally {
      cancel()
      socket.destroy()
    }
    if (this.late) return 'it had not answered when the time for the start was up (startupTimeLimit)'
    if (!response.writableEnded) return 'it broke off'
    return response.statusCode >= 500 ? `it answered ${response.statusCode}` : null
  }

  // --- ExchangeOwner

  dirty(): void {
    this.isDirty = true
    this.outbox.schedule()
  }

  closed(): void {
    this.finish()
  }

  missed(): void {
    // Nobody gets it: an answer to a client will tell.
  }

  faulty(): void {
    // The same.
  }
}
