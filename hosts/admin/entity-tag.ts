/** Versions of what can be written, as entity tags (RFC 9110 section 8.8.3), and the condition `If-Match` on them. */
import { createHash } from 'node:crypto'
import { ControlError } from './control-error.js'

/** The same for the same facts, on this server or another. */
export const versionOf = (facts: unknown): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)

/**
 * Holds what the client saw against what is; without a condition there is nothing to hold (RFC 9110 section 13.1.1).
 *
 * @throws ControlError 412
 */
export const requireMatch = (ifMatch: string | undefined, current: string, what: string): void => {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const wanted = ifMatch.split(',').map((tag) => tag.trim())
  if (wanted.includes(`"${current}"`)) return
  throw new ControlError(412, `${what} has changed since you looked at it; look again, then decide`)
}
