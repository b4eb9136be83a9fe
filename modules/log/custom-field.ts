/** The custom fields of a site's log: headers and server variables beyond the fixed set. */
import { Buffer } from 'node:buffer'
import type { LogFileConfig, RequestContext } from '../../core/index.js'
import { decodeRaw } from './escape.js'
import { serverVariable, type Variable } from './server-variables.js'

export type CustomFieldConfig = LogFileConfig['customFields']['fields'][number]

/** How to read a field's value, not yet cut or escaped. */
export const customField = ({ sourceType, sourceName }: CustomFieldConfig): Variable => {
  const name = sourceName.toLowerCase()
  switch (sourceType) {
    case 'RequestHeader':
      return (ctx) => decodeRaw(ctx.headerList(name) ?? '')
    case 'ResponseHeader':
      return (ctx) => decodeRaw(responseHeader(ctx, name))
    case 'ServerVariable':
      return serverVariable(sourceName)
  }
}

/** A header of the response that was sent; a raw one is searched for it. */
const responseHeader = (ctx: RequestContext, name: string): string => {
  const { raw, headers } = ctx.response
  if (raw !== null) return inHead(headOf(raw), name)
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) return headers[i + 1] ?? ''
  }
  return ''
}

const headOf = (raw: string | Uint8Array): string => {
  if (typeof raw === 'string') {
    const end = raw.indexOf('\r\n\r\n')
    return end < 0 ? raw : raw.slice(0, end)
  }
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const end = bytes.indexOf('\r\n\r\n')
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
}

const inHead = (head: string, name: string): string => {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`)
  if (at < 0) return ''
  const from = at + name.length + 3
  const end = head.indexOf('\r\n', from)
  return head.slice(from, end < 0 ? undefined : end).trim()
}
