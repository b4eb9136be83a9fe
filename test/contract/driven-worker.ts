/** A worker of a host under test, spoken to as WAS and the listener do, message by message. */
import type { Test } from 'tap'
import { build } from '../../core/config/build.js'
import {
  RequestFlags,
  ResponseFlags,
  ToListener,
  ToWorker,
  type ApplicationSettings,
  type Batch,
  type Bytes,
  type WorkerSettings,
} from '../../core/contract/messages.js'
import type { WorkerEnd, WorkerHandle, WorkerHost } from '../../core/contract/worker-host.js'
import { settings } from '../hosts/adapters/load.js'
import { messagesToListener } from '../core/handover/messages.js'

/** No two of a server have the same. */
let lastId = 0

export class DrivenWorker {
  readonly handle: WorkerHandle
  /** Everything it has said, in order. */
  readonly said: unknown[][] = []
  readonly ends: WorkerEnd[] = []
  /** Messages that came after its end: there must be none. */
  late = 0
  private readonly watchers = new Set<() => void>()
  private exchange = 0

  /** @param pool - settings of its pool, as in a file. */
  constructor(t: Test, host: WorkerHost, application: string, pool: object = {}) {
    const folder = t.testdir({ 'app.mjs': application })
    const isolation = host.name
    const config = build(
      { applicationPools: [{ name: 'P', isolation, ...pool }], sites: [] },
      `${folder}/host.json`,
    )
    const [built] = config.applicationPools
    if (!built) throw new Error('no pool')
    this.handle = host.start(
      { id: ++lastId, pool: built },
      {
        received: (_lane, batch) => {
          if (this.ends.length > 0) this.late++
          this.said.push(...messagesToListener(batch))
          this.look()
        },
        ended: (end) => {
          this.ends.push(end)
          this.look()
        },
      },
    )
    t.teardown(() => {
      this.handle.kill()
      return this.end()
    })
    this.start([settings({ module: `${folder}/app.mjs`, physicalPath: folder })])
  }

  /** Resolves when it says that it is ready; rejects when it ends before. */
  async ready(): Promise<void> {
    await this.until(() => this.find(ToListener.READY) !== undefined)
    this.post([ToWorker.CONNECT, 1, '1.2.3.4', 1234, '5.6.7.8', 80, 0])
  }

  post(batch: Batch): void {
    this.handle.post(0, batch)
  }

  /** Sends a request; the number of its exchange. */
  ask(url: string, method = 'GET'): number {
    const exchange = ++this.exchange
    const flags = method === 'GET' ? RequestFlags.KEEP_ALIVE : RequestFlags.KEEP_ALIVE | RequestFlags.HAS_BODY
    const headers = method === 'GET' ? 'Host\na' : 'Host\na\nTransfer-Encoding\nchunked'
    const connection = 100 + exchange
    this.post([
      ...[ToWorker.CONNECT, connection, '1.2.3.4', 1234, '5.6.7.8', 80, 0],
      ...[ToWorker.REQUEST, exchange, connection, 1, flags, method, url, headers],
    ])
    return exchange
  }

  /** Resolves with the whole response when its last part is there; acknowledges nothing. */
  async answer(exchange: number): Promise<Buffer> {
    await this.until(() => this.partsOf(exchange).some((part) => part.ended))
    return this.bytesOf(exchange)
  }

  /** What has come of a response. */
  bytesOf(exchange: number): Buffer {
    return Buffer.concat(this.partsOf(exchange).map(({ bytes }) => toBuffer(bytes)))
  }

  /** Bytes of a request's body that the application has read. */
  readOf(exchange: number): number {
    const acknowledged = this.said.filter(([kind, id]) => kind === ToListener.REQUEST_ACK && id === exchange)
    return acknowledged.reduce((sum, [, , bytes]) => sum + (bytes as number), 0)
  }

  find(kind: number): unknown[] | undefined {
    return this.said.find(([said]) => said === kind)
  }

  /** Resolves when it has ended. */
  async end(): Promise<WorkerEnd | undefined> {
    await this.until(() => this.ends.length > 0)
    return this.ends[0]
  }

  /** Resolves when `isSo`; rejects when it ends before. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const so = isSo()
        if (!so && this.ends.length === 0) return
        this.watchers.delete(look)
        if (so) resolve()
        else
          reject(
            new Error(`The worker ended: ${JSON.stringify(this.ends)} ${String(this.ends[0]?.error?.stack)}`),
          )
      }
      this.watchers.add(look)
      look()
    })
  }

  private start(applications: readonly ApplicationSettings[]): void {
    const startsBy = Date.now() + 30_000
    const limits = { startupTimeLimit: 30_000, startsBy, pinged: true }
    const all: WorkerSettings = { workerId: 1, pool: 'P', ...limits, applications, adapters: [] }
    for (let lane = 0; lane < this.handle.lanes; lane++) this.handle.post(lane, [ToWorker.START, all])
  }

  private partsOf(exchange: number): { bytes: Bytes; ended: boolean }[] {
    return this.said.flatMap(([kind, id, flags, third, fourth]) => {
      if (id !== exchange) return []
      const ended = ((flags as number) & ResponseFlags.END) !== 0
      if (kind === ToListener.RESPONSE) return [{ bytes: fourth as Bytes, ended }]
      return kind === ToListener.RESPONSE_BODY ? [{ bytes: third as Bytes, ended }] : []
    })
  }

  private look(): void {
    for (const watcher of [...this.watchers]) watcher()
  }
}

const toBuffer = (bytes: Bytes): Buffer =>
  typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)
