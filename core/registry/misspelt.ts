/** Sees that a key which is not known was probably meant to be one that is: nobody would ever call it. */
import { nearest } from '../config/nearest.js'

/**
 * Keys that resemble no known one are an author's own affair.
 *
 * @throws TypeError that says what was probably meant.
 */
export const refuseMisspelt = (given: object, known: readonly string[], by: string): void => {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const meant = nearest(key, known)
    if (meant !== undefined && !(meant in given))
      throw new TypeError(`${by}: nothing would call "${key}"; did you mean "${meant}"?`)
  }
}
