/** A centralized binary log as text: what `webgarden log dump` prints. */
import { readBinaryLog, type BinaryRecord, type Damage } from './binary-reader.js'
import { escapeText } from './escape.js'
import { headerBlock } from './header-block.js'
import { stampOf } from './time-stamp.js'

export { NotABinaryLogError, type Damage } from './binary-reader.js'

/** The fields of W3C Extended that a binary log has; all but host and what browsers say of themselves. */
const FIELDS =
  'date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version ' +
  'sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken'

/**
 * Lines of W3C Extended, the head first, or objects as the JSON format writes them; between them, where that is so, what could not be
 * read.
 *
 * @throws NotABinaryLogError before the first line.
 */
export async function* dumpBinaryLog(
  pieces: AsyncIterable<Uint8Array>,
  asJson: boolean,
): AsyncGenerator<string | Damage> {
  let isFirst = true
  for await (const entry of readBinaryLog(pieces)) {
    if ('damage' in entry) yield entry.damage
    else {
      if (isFirst && !asJson) yield headerBlock(entry.record.completedAt, FIELDS)
      isFirst = false
      yield asJson ? jsonOf(entry.record) : lineOf(entry.record)
    }
  }
}

const lineOf = (record: BinaryRecord): string =>
  [
    stampOf(record.completedAt),
    `W3SVC${record.site}`,
    escapeText(record.computer),
    escapeText(record.serverAddress),
    escapeText(record.method),
    escapeText(record.path),
    escapeText(record.query),
    record.serverPort,
    escapeText(record.user),
    escapeText(record.clientAddress),
    `HTTP/${record.httpVersion}`,
    record.status,
    record.subStatus,
    record.win32Status,
    record.bytesSent,
    record.bytesReceived,
    `${record.timeTaken}\r\n`,
  ].join(' ')

const jsonOf = (record: BinaryRecord): string =>
  `${JSON.stringify({
    time: new Date(record.completedAt).toISOString(),
    's-sitename': `W3SVC${record.site}`,
    's-computername': textOrNull(record.computer),
    's-ip': textOrNull(record.serverAddress),
    'cs-method': textOrNull(record.method),
    'cs-uri-stem': textOrNull(record.path),
    'cs-uri-query': textOrNull(record.query),
    's-port': record.serverPort,
    'cs-username': textOrNull(record.user),
    'c-ip': textOrNull(record.clientAddress),
    'cs-version': `HTTP/${record.httpVersion}`,
    'sc-status': record.status,
    'sc-substatus': record.subStatus,
    'sc-win32-status': record.win32Status,
    'sc-bytes': record.bytesSent,
    'cs-bytes': record.bytesReceived,
    'time-taken': record.timeTaken,
  })}\n`

const textOrNull = (text: string): string | null => (text === '' ? null : text)
