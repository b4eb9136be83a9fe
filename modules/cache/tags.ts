/** The tags by which a response may be forgotten: Cache-Tag, Surrogate-Key, and the groups of RFC 9875. */
import type { ResponseHead } from './response-head.js'
import { parseStrings } from './structured-fields.js'

const NONE: readonly string[] = []

export const tagsOf = (head: ResponseHead): readonly string[] => {
  const tags = head.list('cache-tag')
  const keys = head.list('surrogate-key')
  const groups = head.list('cache-groups')
  if (tags === undefined && keys === undefined && groups === undefined) return NONE
  const all = [
    ...(tags ?? '').split(',').map((tag) => tag.trim()),
    ...(keys ?? '').split(/[\s,]+/),
    ...parseStrings(groups ?? ''),
  ]
  return [...new Set(all)].filter((tag) => tag !== '')
}

/** The groups that the answer to an unsafe request makes untrue (RFC 9875 section 3). */
export const invalidatedGroups = (head: ResponseHead): string[] =>
  parseStrings(head.list('cache-group-invalidation') ?? '')
