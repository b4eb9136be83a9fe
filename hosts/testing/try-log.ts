/** Runs a log module against records, without a server and without a log worker. */
import type { LogModule, LogRecord, ServerEvent } from '../../core/index.js'
import { checkedOptions } from './checked-options.js'

/** How a log module is tried. */
export interface LogOptions {
  /** As in `applicationHost.json`; checked, and completed with the defaults. */
  readonly options?: Readonly<Record<string, unknown>>
  /** What the folder of the configuration file would be. Default: the current one. */
  readonly directory?: string
}

/** A log module that can be handed records. */
export interface LogTrial {
  readonly events: readonly ServerEvent[]
  /** Hands over a batch; what a record leaves out is that of a GET for `/` that was answered with 200. */
  write(records: readonly Partial<LogRecord>[]): Promise<void>
  /** Hands the last batch over once more, as a server does whose log worker has ended before it said that it has it. */
  writeAgain(): Promise<void>
  /** As when the server is quiet. */
  flush(): Promise<void>
  /** As when it stops. */
  close(): Promise<void>
}

/**
 * Sets a log module up as a log worker does: options, `check`, `setup`. Records have those headers only that the module asks for.
 *
 * @throws what the options, `check` or `setup` are refused with.
 */
export const tryLog = async (
  module: LogModule,
  { options: given = {}, directory = process.cwd() }: LogOptions = {},
): Promise<LogTrial> => {
  const events: ServerEvent[] = []
  const options = await checkedOptions(module, given)
  await module.check?.(options, directory)
  const scope = {
    name: module.name,
    directory,
    events: { write: (event: ServerEvent) => events.push(event) },
  }
  const log = await module.setup(scope, options)
  const asked = new Set((module.headers ?? []).map((name) => name.toLowerCase()))
  let number = 0
  let last: readonly LogRecord[] = []
  return {
    events,
    write: async (records) => {
      last = records.map((record) => completed(record, asked))
      await log.write(last, { source: 'trial', number: ++number, again: false })
    },
    writeAgain: async () => {
      await log.write(last, { source: 'trial', number, again: true })
    },
    flush: async () => {
      await log.flush?.()
    },
    close: async () => {
      await log.close?.()
    },
  }
}

const USUAL: LogRecord = {
  receivedAt: 0,
  completedAt: 0,
  timeTaken: 0,
  siteId: 1,
  site: 'Trial',
  application: '/',
  pool: 'DefaultAppPool',
  worker: 1,
  clientAddress: '127.0.0.1',
  clientPort: 50_000,
  serverAddress: '127.0.0.1',
  serverPort: 80,
  encrypted: false,
  httpVersion: '1.1',
  method: 'GET',
  host: 'localhost',
  path: '/',
  query: '',
  user: '',
  status: 200,
  subStatus: 0,
  win32Status: 0,
  error: '',
  cacheHit: false,
  bytesReceived: 100,
  bytesSent: 200,
  headers: {},
}

const completed = (record: Partial<LogRecord>, asked: ReadonlySet<string>): LogRecord => {
  const receivedAt = record.receivedAt ?? Date.now()
  const completedAt = record.completedAt ?? receivedAt + (record.timeTaken ?? 1)
  const headers = Object.entries(record.headers ?? {})
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => asked.has(name))
  return {
    ...USUAL,
    ...record,
    receivedAt,
    completedAt,
    timeTaken: Math.max(0, completedAt - receivedAt),
    headers: Object.freeze(Object.fromEntries(headers)),
  }
}
