/** What a request says of its user by basic authentication (RFC 7617), as filters see and change it. */
import type { IncomingMessage } from 'node:http'
import type { Credentials } from '../../../core/contract/filter.js'
import { replaceHeaderLines } from '../node-internals.js'

export const credentialsOf = ({ headers }: IncomingMessage): Credentials => {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(headers.authorization ?? '') ?? []
  if (encoded === undefined) return { user: '', password: '' }
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const at = text.indexOf(':')
  return at < 0 ? { user: text, password: '' } : { user: text.slice(0, at), password: text.slice(at + 1) }
}

/** The authentication modules find other credentials, if a filter has changed them. */
export const setCredentials = (request: IncomingMessage, before: Credentials, after: Credentials): void => {
  if (before.user === after.user && before.password === after.password) return
  const { rawHeaders } = request
  const lines: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.toLowerCase() !== 'authorization') lines.push(name, rawHeaders[i + 1] ?? '')
  }
  if (after.user !== '') {
    const encoded = Buffer.from(`${after.user}:${after.password}`, 'utf8').toString('base64')
    lines.push('Authorization', `Basic ${encoded}`)
  }
  replaceHeaderLines(request, lines)
}
