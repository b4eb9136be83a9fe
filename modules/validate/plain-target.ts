/** The quick look at a request target that finds nothing to normalise in nearly all of them. */
import type { PathRules } from './path.js'

const PLAIN = 0
const SLASH = 1
const QUESTION_MARK = 2
const SPECIAL = 3

/** What each ASCII character means in a path: `%`, `\`, `#`, controls, space and DEL ask for the long way. */
const pathClass = new Uint8Array(128).fill(PLAIN)
/** In a query only what the parser should never have let through matters; the rest is the application's. */
const queryClass = new Uint8Array(256).fill(PLAIN)
for (let code = 0; code <= 0x20; code++) pathClass[code] = queryClass[code] = SPECIAL
for (const code of [0x23, 0x7f]) pathClass[code] = queryClass[code] = SPECIAL
for (const code of [0x25, 0x5c]) pathClass[code] = SPECIAL
pathClass[0x2f] = SLASH
pathClass[0x3f] = QUESTION_MARK

const DOT = 0x2e

/**
 * Where the path of a target in origin form ends, if that path is in its normal form already and within the limits;
 * -1 if it must be looked at closely.
 */
export const endOfPlainPath = (target: string, rules: PathRules): number => {
  const { length } = target
  const longest = rules.urlSegmentMaxLength
  if (target.charCodeAt(0) !== 0x2f) return -1
  let segments = 0
  let slash = -1
  let index = 0
  for (; index < length; index++) {
    const code = target.charCodeAt(index)
    const meaning = code < 128 ? pathClass[code] : SPECIAL
    if (meaning === PLAIN) continue
    if (meaning !== SLASH) {
      if (meaning === SPECIAL) return -1
      break
    }
    const next = target.charCodeAt(index + 1)
    if (next === 0x2f || next === DOT || (segments > 0 && index - slash - 1 > longest)) return -1
    slash = index
    segments++
  }
  if (index - slash - 1 > longest || segments > rules.urlSegmentMaxCount) return -1
  return isPlainQuery(target, index + 1) ? index : -1
}

/** Whether no control, space or `#` stands in the target from `start` on. */
export const isPlainQuery = (target: string, start: number): boolean => {
  for (let index = start; index < target.length; index++) {
    const code = target.charCodeAt(index)
    if (code > 255 || queryClass[code] === SPECIAL) return false
  }
  return true
}
