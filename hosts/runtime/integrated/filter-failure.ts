/** What is said of a filter that fails: which one, and in which notification. */
import type { FilterNotification } from '../../../core/contract/filter.js'

/** The failure with its place in front; the stack is the author's own. */
export const failureOf = (
  { name }: { readonly name: string },
  notification: FilterNotification,
  cause: unknown,
): Error => {
  const where = `Filter "${name}" failed in ${notification}`
  const inner = cause instanceof Error ? cause : new Error(`${String(cause)} was thrown`)
  const failure = new Error(`${where}: ${inner.message}`, { cause })
  failure.stack = `${where}: ${inner.stack ?? inner.message}`
  return failure
}

/**
 * Nothing waits for a synchronous notification.
 *
 * @throws TypeError for a promise, whose own failure then ends nothing.
 */
export const refusePromise = (answer: unknown): void => {
  if (!(answer instanceof Promise)) return
  answer.catch(() => undefined)
  throw new TypeError('it answered with a promise, and nothing waits for one here: write it without async')
}
