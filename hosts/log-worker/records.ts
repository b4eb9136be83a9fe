/** Makes the records that a log module sees of the batch that came. */
import type { LogRecord } from '../../core/contract/log.js'
import { Group, Row, type Batch, type GroupValue } from './batch.js'

/** @param headers - names of the headers behind each group's own fields, in lower case */
export const recordsOf = ({ count, groups, rows }: Batch, headers: readonly string[]): LogRecord[] => {
  const width = Group.HEADERS + headers.length
  const headersOf: Readonly<Record<string, string>>[] = []
  const records: LogRecord[] = []
  for (let index = 0; index < count; index++) {
    const at = index * Row.WIDTH
    const number = (place: number): number => rows[at + place] ?? 0
    const group = number(Row.GROUP)
    const from = group * width
    const text = (place: number): string => groups[from + place] as string
    records.push({
      receivedAt: number(Row.RECEIVED_AT),
      completedAt: number(Row.COMPLETED_AT),
      timeTaken: Math.max(0, number(Row.COMPLETED_AT) - number(Row.RECEIVED_AT)),
      siteId: groups[from + Group.SITE_ID] as number,
      site: text(Group.SITE),
      application: text(Group.APPLICATION),
      pool: text(Group.POOL),
      worker: number(Row.WORKER),
      clientAddress: plainAddress(text(Group.CLIENT_ADDRESS)),
      clientPort: number(Row.CLIENT_PORT),
      serverAddress: plainAddress(text(Group.SERVER_ADDRESS)),
      serverPort: groups[from + Group.SERVER_PORT] as number,
      encrypted: groups[from + Group.ENCRYPTED] as boolean,
      httpVersion: text(Group.HTTP_VERSION),
      method: text(Group.METHOD),
      host: text(Group.HOST),
      path: text(Group.PATH),
      query: text(Group.QUERY),
      user: text(Group.USER),
      status: number(Row.STATUS),
      subStatus: number(Row.SUB_STATUS),
      win32Status: number(Row.WIN32_STATUS),
      error: text(Group.ERROR),
      cacheHit: number(Row.CACHE_HIT) === 1,
      bytesReceived: number(Row.BYTES_RECEIVED),
      bytesSent: number(Row.BYTES_SENT),
      headers: (headersOf[group] ??= headersFrom(groups, from + Group.HEADERS, headers)),
    })
  }
  return records
}

const headersFrom = (
  groups: readonly GroupValue[],
  from: number,
  names: readonly string[],
): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {}
  names.forEach((name, index) => {
    const value = groups[from + index]
    if (typeof value === 'string') headers[name] = value
  })
  return Object.freeze(headers)
}

/** A client of IPv4 on a socket of both families comes as `::ffff:192.0.2.1` (RFC 4291 section 2.5.5.2). */
const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
