/** Inheritance of lists such as `handlers`: what an application adds to, and takes away from, its site's. */
import { isObject } from './inherit.js'
import { member } from './problem.js'

/** One entry as the file says it, and where it stands. */
export interface Entry {
  readonly own: Readonly<Record<string, unknown>>
  readonly pointer: string
}

/** The entries of one level, in the order of the file. */
export const entriesOf = (list: unknown, pointer: string): Entry[] =>
  Array.isArray(list)
    ? list.flatMap((own: unknown, index) => (isObject(own) ? [{ own, pointer: member(pointer, index) }] : []))
    : []

/**
 * What holds at the deeper level: `clear` takes away all that stands before it, `remove` the one of that name, and a name
 * that comes again replaces the earlier.
 *
 * @param first - the deeper level's additions go before what is inherited (IIS: `handlers`), else behind
 * @param key - what an entry is known by; other keys than `name` are the same in any letter case
 */
export const mergeEntries = (
  inherited: readonly Entry[],
  deeper: readonly Entry[],
  first: boolean,
  key = 'name',
): Entry[] => {
  const known = (name: unknown): unknown =>
    key !== 'name' && typeof name === 'string' ? name.toLowerCase() : name
  let kept = [...inherited]
  let added: Entry[] = []
  for (const entry of deeper) {
    const { [key]: name, remove, clear } = entry.own
    if (clear === true) {
      kept = []
      added = []
      continue
    }
    const gone = known(remove ?? name)
    const stays = ({ own }: Entry): boolean => known(own[key]) !== gone
    kept = kept.filter(stays)
    added = added.filter(stays)
    if (remove === undefined) added.push(entry)
  }
  return first ? [...added, ...kept] : [...kept, ...added]
}
