/** Which keys of two sections of the configuration differ, and what a change of each does. */
import { effectOf, type Effect, type Effects } from './effects.js'

export interface ChangedKey {
  /** `processModel.maxProcesses`; a list is one key. Never a value, which may be a secret. */
  readonly key: string
  readonly effect: Effect
}

/**
 * @param otherwise - the effect of a key that the table does not have
 * @param except - keys that are compared elsewhere
 */
export const changedKeys = (
  before: object,
  after: object,
  effects: Effects,
  otherwise: Effect,
  except: readonly string[] = [],
): ChangedKey[] => {
  const keys: string[] = []
  compare(before, after, '', keys, except)
  return keys.map((key) => ({ key, effect: effectOf(key, effects, otherwise) }))
}

/** Whether two values say the same, wherever in the file they stand. */
export const same = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => same(item, other[at]))
  }
  if (!isSection(one) || !isSection(other)) return false
  for (const key of Object.keys(one)) if (key !== POINTER && !same(one[key], other[key])) return false
  for (const key of Object.keys(other)) if (key !== POINTER && !(key in one)) return false
  return true
}

/** Where something stands in the file: what is added above it changes that, and nothing else. */
const POINTER = 'pointer'

const compare = (
  before: object,
  after: object,
  path: string,
  keys: string[],
  except: readonly string[],
): void => {
  const old = before as Record<string, unknown>
  const now = after as Record<string, unknown>
  const look = (key: string): void => {
    if (key === POINTER || except.includes(key)) return
    const one = old[key]
    const other = now[key]
    if (isSection(one) && isSection(other)) compare(one, other, `${path}${key}.`, keys, NOTHING)
    else if (!same(one, other)) keys.push(path + key)
  }
  for (const key of Object.keys(old)) look(key)
  for (const key of Object.keys(now)) if (!(key in old)) look(key)
}

const NOTHING: readonly string[] = []

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
