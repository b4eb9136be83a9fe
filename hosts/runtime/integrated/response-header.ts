/** Reads status lines and header blocks as ISAPI extensions write them. */
import { STATUS_CODES } from 'node:http'
import type { HeaderBlock, StatusLine } from '../../../core/contract/handler.js'

export interface Status {
  readonly code: number
  readonly message: string
}

/** @throws RangeError for what is no final status. */
export const parseStatus = (line: StatusLine): Status => {
  const [, digits = '', message = ''] = /^(?:HTTP\/1\.[01] +)?(\d{3})(?: +(.*))?$/.exec(String(line)) ?? []
  const code = Number(digits)
  if (digits === '' || code < 200 || code > 999)
    throw new RangeError(`"${line}" is no status; say 404, or "404 Not Found"`)
  return { code, message: message || (STATUS_CODES[code] ?? '') }
}

/**
 * Names and values, a name once for each of its lines.
 *
 * @throws TypeError for a line without a colon.
 */
export const parseHeaders = (block: HeaderBlock | undefined): [string, string][] => {
  if (block === undefined) return []
  if (typeof block === 'string') return parseLines(block)
  if (isList(block)) {
    const fields: [string, string][] = []
    for (let i = 0; i < block.length; i += 2) fields.push([block[i] ?? '', block[i + 1] ?? ''])
    return fields
  }
  return Object.entries(block).flatMap(([name, value]) =>
    typeof value === 'object'
      ? value.map((one): [string, string] => [name, one])
      : [[name, String(value)] as [string, string]],
  )
}

const parseLines = (block: string): [string, string][] =>
  block
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':')
      if (colon < 1) throw new TypeError(`"${line}" is no header line; say "Name: value"`)
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })

const isList = (block: Exclude<HeaderBlock, string>): block is readonly string[] => Array.isArray(block)
