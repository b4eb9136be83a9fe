/** MIME types by extension: the registered ones, and what `mimeMap` adds and takes away. */
import { extname } from 'node:path'
import mime from 'mime'

/** An addition, or a change of what is there already. */
export interface MimeMapEntry {
  readonly fileExtension?: string
  readonly mimeType?: string
  readonly remove?: string
  readonly clear?: boolean
}

const WITH_CHARSET = /^(text\/|application\/(javascript|json|xml|manifest\+json|.+\+xml)$)/

/**
 * Undefined for an extension that is not mapped. `.*` stands for all that are not, `.` for names without one.
 *
 * @param entries - in their order, as IIS's `mimeMap`
 */
export const mimeMapOf = (entries: readonly MimeMapEntry[]): ((file: string) => string | undefined) => {
  const own = new Map<string, string>()
  const removed = new Set<string>()
  let registered = true
  for (const { fileExtension, mimeType, remove, clear } of entries) {
    if (clear) {
      own.clear()
      registered = false
    }
    if (remove !== undefined) {
      own.delete(remove.toLowerCase())
      removed.add(remove.toLowerCase())
    }
    if (fileExtension !== undefined && mimeType !== undefined) own.set(fileExtension.toLowerCase(), mimeType)
  }
  return (file) => {
    const extension = extname(file).toLowerCase() || '.'
    const known =
      own.get(extension) ??
      (registered && !removed.has(extension) ? (mime.getType(extension) ?? undefined) : undefined) ??
      own.get('.*')
    if (known === undefined || known.includes(';') || !WITH_CHARSET.test(known)) return known
    return `${known}; charset=utf-8`
  }
}
