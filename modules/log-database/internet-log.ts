/** The rows of IIS's ODBC log: the columns of its table InternetLog (IIS: logtemp.sql), made of the records of requests. */
import { hostname } from 'node:os'
import type { LogRecord } from '../../core/index.js'

export interface InternetLogRow {
  readonly ClientHost: string
  readonly Username: string
  readonly LogTime: string
  readonly Service: string
  readonly Machine: string
  readonly ServerIP: string
  readonly ProcessingTime: number
  readonly BytesRecvd: number
  readonly BytesSent: number
  readonly ServiceStatus: number
  readonly Win32Status: number
  readonly Operation: string
  readonly Target: string
  readonly Parameters: string
}

/** In the order of IIS's table: how wide each text is; numbers are `int`. */
export const textColumns = {
  ClientHost: 255,
  Username: 255,
  Service: 255,
  Machine: 255,
  ServerIP: 50,
  Operation: 255,
  Target: 255,
  Parameters: 255,
} as const

const MACHINE = hostname()
const LARGEST_INT = 2_147_483_647
/** Half a character of UTF-16, and what PostgreSQL takes in no text. */
const UNFIT = /[\p{Cs}\0]/gu

export type TimeZone = 'local' | 'utc'

/** Text that is too long for its column is cut, a number that is too large is the largest: a row never stops the log. */
export const rowOf = (record: LogRecord, zone: TimeZone): InternetLogRow => ({
  ClientHost: fit('ClientHost', record.clientAddress),
  Username: fit('Username', record.user),
  LogTime: timeOf(record.completedAt, zone),
  Service: `W3SVC${record.siteId}`,
  Machine: fit('Machine', MACHINE),
  ServerIP: fit('ServerIP', record.serverAddress),
  ProcessingTime: int(record.timeTaken),
  BytesRecvd: int(record.bytesReceived),
  BytesSent: int(record.bytesSent),
  ServiceStatus: int(record.status),
  Win32Status: int(record.win32Status),
  Operation: fit('Operation', record.method),
  Target: fit('Target', record.path),
  Parameters: fit('Parameters', record.query),
})

const fit = (column: keyof typeof textColumns, value: string): string =>
  value === '' ? '-' : value.slice(0, textColumns[column]).replace(UNFIT, '\ufffd')

const int = (value: number): number => Math.min(Math.max(Math.trunc(value), 0), LARGEST_INT)

/** `2026-11-28 09:05:07`, which all databases understand. */
const timeOf = (at: number, zone: TimeZone): string => {
  const local = zone === 'local' ? at - new Date(at).getTimezoneOffset() * 60_000 : at
  return new Date(local).toISOString().slice(0, 19).replace('T', ' ')
}
