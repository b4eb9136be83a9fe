/** Keeps 64 connections busy, each with one request at a time, and counts by kind what is not the answer that it should be. */
import { CONNECTIONS } from './load.js'
import { PlainConnection } from './plain-connection.js'

export interface Answers {
  readonly requests: number
  /** Statuses other than 200, answers with another body, connections that were closed or reset: how often each. */
  readonly failures: Readonly<Record<string, number>>
}

export class SteadyLoad {
  private readonly url: string
  private readonly body: string
  private readonly pause: number
  private readonly connections = new Set<PlainConnection>()
  private readonly failures: Record<string, number> = {}
  private requests = 0
  private stopped = false

  /** Resolves when all connections are open and busy. */
  static async start(url: string, body: string, pause: number): Promise<SteadyLoad> {
    const load = new SteadyLoad(url, body, pause)
    await Promise.all(Array.from({ length: CONNECTIONS }, () => load.open()))
    return load
  }

  private constructor(url: string, body: string, pause: number) {
    this.url = url
    this.body = body
    this.pause = pause
  }

  get answers(): Answers {
    return { requests: this.requests, failures: this.failures }
  }

  stop(): void {
    this.stopped = true
    for (const connection of this.connections) connection.close()
  }

  private async open(): Promise<void> {
    const connection = await PlainConnection.open(this.url, {})
    if (this.stopped) {
      connection.close()
      return
    }
    this.connections.add(connection)
    connection.onAnswer = (_since, status, body) => {
      this.requests++
      if (status !== 200) this.failed(`status ${status}`)
      else if (body !== this.body) this.failed('another body')
      if (this.pause === 0) this.again(connection)
      else
        setTimeout(() => {
          this.again(connection)
        }, this.pause)
    }
    connection.onFailure = (error) => {
      connection.close()
      this.connections.delete(connection)
      this.failed((error as NodeJS.ErrnoException).code ?? error.message)
      // The load stays the same whatever becomes of one connection.
      this.open().catch((reason: unknown) => {
        this.failed(`no connection: ${String(reason)}`)
      })
    }
    connection.send(0)
  }

  private again(connection: PlainConnection): void {
    if (!this.stopped && this.connections.has(connection)) connection.send(0)
  }

  private failed(kind: string): void {
    this.failures[kind] = (this.failures[kind] ?? 0) + 1
  }
}
