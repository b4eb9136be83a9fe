/** The servers behind a proxy: which one is next, and which are put aside because they failed. */
import { Pool } from 'undici'
import type { ForwardOptions } from './options.js'

export class Upstream {
  readonly name: string
  readonly origin: URL
  /** In front of every path; '' for none. */
  readonly prefix: string
  readonly socketPath: string | undefined
  readonly weight: number
  readonly pool: Pool
  active = 0
  /** Of the smooth weighted round robin. */
  turn = 0
  failures = 0
  asideUntil = 0
  /** What the active check found. */
  well = true

  constructor(name: string, weight: number, options: ForwardOptions) {
    this.name = name
    this.weight = weight
    this.socketPath = name.startsWith('unix:') ? name.slice('unix:'.length) : undefined
    this.origin = new URL(this.socketPath === undefined ? name : 'http://localhost')
    this.prefix = this.origin.pathname.replace(/\/$/, '')
    this.pool = new Pool(this.origin.origin, {
      connect: {
        timeout: options.connectTimeout,
        rejectUnauthorized: options.rejectUnauthorized,
        ...(this.socketPath !== undefined && { socketPath: this.socketPath }),
      },
      headersTimeout: options.requestTimeout,
      bodyTimeout: options.requestTimeout,
    })
  }
}

/** What a forwarded request needs to know of the servers. */
export interface Choice {
  pick(tried: readonly Upstream[]): Upstream | undefined
  failed(server: Upstream): void
  succeeded(server: Upstream): void
}

export class Servers implements Choice {
  private readonly all: readonly Upstream[]
  private readonly balance: 'roundRobin' | 'leastConnections'
  private readonly maxFailures: number
  private readonly failTimeout: number
  private readonly say: (text: string) => void

  constructor(
    all: readonly Upstream[],
    balance: 'roundRobin' | 'leastConnections',
    maxFailures: number,
    failTimeout: number,
    say: (text: string) => void = () => undefined,
  ) {
    this.say = say
    this.all = all
    this.balance = balance
    this.maxFailures = maxFailures
    this.failTimeout = failTimeout
  }

  /** One that is well; where none is, a first attempt gets any: it may have come back, and a refusal is certain otherwise. */
  pick(tried: readonly Upstream[]): Upstream | undefined {
    const now = Date.now()
    const left = this.all.filter((server) => !tried.includes(server))
    const well = left.filter((server) => server.well && server.asideUntil <= now)
    const from = well.length > 0 || tried.length > 0 ? well : left
    return this.balance === 'roundRobin' ? nextInTurn(from) : leastBusy(from)
  }

  failed(server: Upstream): void {
    if (++server.failures < this.maxFailures) return
    if (server.asideUntil <= Date.now())
      this.say(`${server.name} is put aside for ${this.failTimeout} ms: it failed ${server.failures} times`)
    server.asideUntil = Date.now() + this.failTimeout
  }

  succeeded(server: Upstream): void {
    server.failures = 0
    server.asideUntil = 0
  }
}

const nextInTurn = (from: readonly Upstream[]): Upstream | undefined => {
  let best: Upstream | undefined
  let total = 0
  for (const server of from) {
    server.turn += server.weight
    total += server.weight
    if (!best || server.turn > best.turn) best = server
  }
  if (best) best.turn -= total
  return best
}

const leastBusy = (from: readonly Upstream[]): Upstream | undefined => {
  let best: Upstream | undefined
  for (const server of from) {
    if (!best || server.active / server.weight < best.active / best.weight) best = server
  }
  return best
}
