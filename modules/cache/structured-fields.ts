/** Reads as much of Structured Fields (RFC 9651) as the fields of caches need: dictionaries, and lists of strings. */

const KEY = /^[a-z*][a-z0-9_.*-]*/
const INTEGER = /^-?\d{1,15}(?![\d.])/
const BARE = new RegExp(
  [
    '-?\\d{1,12}\\.\\d{1,3}(?!\\d)',
    '"(?:[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\["\\\\])*"',
    "[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*",
    ':[A-Za-z0-9+/=]*:',
    '\\?[01]',
  ]
    .map((item) => `^${item}`)
    .join('|'),
)

/** A member of a dictionary: an integer, `true` where it has no value, or the text of anything else. */
export type Item = number | true | string

/** Null if it is not well-formed: then the whole field is to be ignored (RFC 9651 section 4.2). */
export const parseDictionary = (text: string): Map<string, Item> | null => {
  const members = new Map<string, Item>()
  const rest = new Rest(text)
  if (rest.isEmpty()) return members
  for (;;) {
    const key = rest.take(KEY)
    if (key === null) return null
    let value: Item = true
    if (rest.skip('=')) {
      const item = itemOf(rest)
      if (item === null) return null
      value = item
    }
    if (!skipParameters(rest)) return null
    // The lower-case key comes once; of several the last counts (section 3.2).
    members.set(key, value)
    if (rest.isEmpty()) return members
    if (!rest.skip(',') || rest.isEmpty()) return null
  }
}

/** The strings of a list; what is none is passed over, and nothing comes of a field that is not well-formed. */
export const parseStrings = (text: string): string[] => {
  const found: string[] = []
  const rest = new Rest(text)
  while (!rest.isEmpty()) {
    const item = itemOf(rest)
    if (item === null || !skipParameters(rest)) return []
    if (typeof item === 'string' && item.startsWith('"'))
      found.push(item.slice(1, -1).replace(/\\(.)/g, '$1'))
    if (rest.isEmpty()) return found
    if (!rest.skip(',')) return []
  }
  return found
}

const itemOf = (rest: Rest): Item | null => {
  const integer = rest.take(INTEGER)
  return integer === null ? rest.take(BARE) : Number(integer)
}

const skipParameters = (rest: Rest): boolean => {
  while (rest.skip(';')) {
    if (rest.take(KEY) === null || (rest.skip('=') && itemOf(rest) === null)) return false
  }
  rest.trim()
  return true
}

/** What of a text has not been read yet. */
class Rest {
  private text: string

  constructor(text: string) {
    this.text = text.trim()
  }

  isEmpty(): boolean {
    return this.text === ''
  }

  trim(): void {
    this.text = this.text.trimStart()
  }

  take(pattern: RegExp): string | null {
    const found = pattern.exec(this.text)?.[0]
    if (found === undefined) return null
    this.text = this.text.slice(found.length)
    return found
  }

  /** White space follows commas and semicolons, never an equals sign. */
  skip(character: string): boolean {
    if (!this.text.startsWith(character)) return false
    this.text = this.text.slice(1)
    if (character !== '=') this.trim()
    return true
  }
}
