/** Requests, sites and events for the tests of the access log. */
import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Connection, EventLog, LogFileConfig, ServerEvent, Site } from '../../../core/index.js'
import { RequestContext } from '../../../core/pipeline/request-context.js'
import type { LineFormat } from '../../../modules/log/line-format.js'

const { version } = createRequire(import.meta.url)('webgarden/package.json') as { version: string }
export const SOFTWARE = `#Software: webgarden ${version}`

/** The default fields of IIS 8 and later, as the file shows them. */
export const DEFAULT_FIELDS =
  'date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken'

export const headerAt = (date: string, fields = DEFAULT_FIELDS): string =>
  `${SOFTWARE}\r\n#Version: 1.0\r\n#Date: ${date}\r\n#Fields: ${fields}\r\n`

export const logFile = (changes: Partial<LogFileConfig> = {}): LogFileConfig => ({
  enabled: true,
  directory: '/nowhere',
  logFormat: 'W3C',
  logExtFileFlags: [
    'Date',
    'Time',
    'ClientIP',
    'UserName',
    'ServerIP',
    'Method',
    'UriStem',
    'UriQuery',
    'TimeTaken',
    'HttpStatus',
    'Win32Status',
    'ServerPort',
    'UserAgent',
    'HttpSubStatus',
    'Referer',
  ],
  period: 'Daily',
  truncateSize: 20_971_520,
  localTimeRollover: false,
  retention: { maxFiles: 0, maxAge: 0, compress: false },
  logSiteId: true,
  flushByEntryCountW3CLog: 0,
  maxLogLineLength: 65_536,
  customFields: { maxCustomFieldLength: 4096, fields: [] },
  logTargetW3C: ['File'],
  customLogPluginClsid: '',
  ...changes,
})

export const makeSite = (changes: Partial<LogFileConfig> = {}, id = 1): Site =>
  ({ id, name: `Site ${id}`, config: { logFile: logFile(changes) } }) as unknown as Site

interface Facts {
  readonly site?: Site | null
  readonly at?: number
  readonly method?: string
  readonly target?: string
  readonly path?: string
  readonly headers?: readonly string[]
  readonly remoteAddress?: string
}

/** A request that has been answered with 200 fifteen milliseconds after it came. */
export const makeRequest = (facts: Facts = {}): RequestContext => {
  const at = facts.at ?? Date.UTC(2010, 11, 31, 0, 0, 12)
  const target = facts.target ?? '/default.htm'
  const connection = {
    id: 1,
    remoteAddress: facts.remoteAddress ?? '192.168.1.5',
    remotePort: 2094,
    localAddress: '10.0.0.1',
    localPort: 80,
    encrypted: false,
  } as unknown as Connection
  const headers = facts.headers ?? ['User-Agent', 'Mozilla/5.0 (Windows; U)']
  const ctx = new RequestContext(
    null as never,
    connection,
    null as never,
    facts.method ?? 'GET',
    target,
    '1.1',
    headers,
    null,
    true,
    false,
    at - 15,
  )
  const [path = '', query = ''] = target.split('?')
  ctx.path = facts.path ?? path
  ctx.query = query
  ctx.site = facts.site === undefined ? makeSite() : facts.site
  ctx.response.status = 200
  ctx.completedAt = at
  return ctx
}

/** What a format writes for these requests, in one batch. */
export const written = (format: LineFormat, ...requests: readonly RequestContext[]): Buffer => {
  const bytes = Buffer.alloc(1_000_000)
  const sink = {
    position: 0,
    room: () => bytes,
    wrote(end: number) {
      sink.position = end
    },
  }
  for (const ctx of requests) format.write(ctx, sink)
  return bytes.subarray(0, sink.position)
}

/** The same as text in UTF-8. */
export const lines = (format: LineFormat, ...requests: readonly RequestContext[]): string =>
  written(format, ...requests).toString()

/** An event log that keeps what it was told. */
export const keepEvents = (): EventLog & { readonly kept: ServerEvent[] } => {
  const kept: ServerEvent[] = []
  return {
    kept,
    write(event) {
      kept.push(event)
    },
  }
}

/** Waits until `holds` answers true; a test that waits in vain ends at its time limit. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

export const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export const list = (directory: string): string[] => {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}
