/** Reads the Authorization field of a request (RFC 7617). */

export interface Credentials {
  readonly name: string
  readonly password: string
}

/** Null where there are none of this kind; undefined where they are badly formed. */
export const credentialsOf = (field: string | undefined): Credentials | null | undefined => {
  const match = /^basic +(.*)$/i.exec(field ?? '')
  if (!match) return null
  const coded = (match[1] ?? '').trim()
  if (!/^[\w+/-]+=*$/.test(coded)) return undefined
  const text = Buffer.from(coded, 'base64').toString('utf8')
  const at = text.indexOf(':')
  // What the RFC forbids, and no log should get.
  if (at < 0 || /[\x00-\x1f\x7f]/.test(text)) return undefined
  return { name: text.slice(0, at), password: text.slice(at + 1) }
}
