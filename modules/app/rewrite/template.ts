/** Texts with references in braces: `{R:1}`, `{C:0}`, `{HTTP_HOST}`, `{ToLower:…}`, `{UrlEncode:…}`, `{UrlDecode:…}`, `{Map:…}`. */
import { encoded } from '../url.js'

/** What references lead to. */
export interface References {
  /** Groups of the rule's pattern, and of the conditions. */
  readonly rule: readonly (string | undefined)[]
  readonly conditions: readonly (string | undefined)[]
  variable(name: string): string | undefined
}

export type Template = (references: References) => string
export type Maps = ReadonlyMap<string, (key: string) => string>

/** @throws Error that says what is wrong with the text. */
export const templateOf = (text: string, maps: Maps): Template => {
  if (!text.includes('{')) return () => text
  const reader = new Reader(text, maps)
  const parts = reader.read(false)
  return parts.length === 1 && parts[0] ? parts[0] : (references) => join(parts, references)
}

class Reader {
  private readonly text: string
  private readonly maps: Maps
  private at = 0

  constructor(text: string, maps: Maps) {
    this.text = text
    this.maps = maps
  }

  /** Up to the end, or to the brace that closes. */
  read(inner: boolean): Template[] {
    const parts: Template[] = []
    let literal = ''
    const flush = (): void => {
      const own = literal
      if (own !== '') parts.push(() => own)
      literal = ''
    }
    while (this.at < this.text.length) {
      const character = this.text[this.at++] ?? ''
      if (character === '{') {
        flush()
        parts.push(this.reference())
      } else if (character === '}' && inner) {
        flush()
        return parts
      } else literal += character
    }
    if (inner) throw new Error(`"${this.text}" has a { without its }`)
    flush()
    return parts
  }

  private reference(): Template {
    const rest = this.text.slice(this.at)
    const name = /^[^{}:]*/.exec(rest)?.[0] ?? ''
    this.at += name.length
    const follows = this.text[this.at++]
    if (follows === '}') return ({ variable }) => variable(name) ?? ''
    if (follows !== ':') throw new Error(`"${this.text}" has a { without its }`)
    const argument = this.read(true)
    const apply = this.functionOf(name)
    return (references) => apply(join(argument, references), references)
  }

  private functionOf(name: string): (argument: string, references: References) => string {
    const own = OWN[name.toLowerCase()]
    if (own) return own
    const map = this.maps.get(name.toLowerCase())
    if (map) return map
    throw new Error(`"${this.text}": there is no rewrite map "${name}"`)
  }
}

const join = (parts: readonly Template[], references: References): string => {
  let result = ''
  for (const part of parts) result += part(references)
  return result
}

const OWN: Readonly<Record<string, ((argument: string, references: References) => string) | undefined>> = {
  r: (index, { rule }) => rule[Number(index)] ?? '',
  c: (index, { conditions }) => conditions[Number(index)] ?? '',
  tolower: (text) => text.toLowerCase(),
  urlencode: (text) => encoded(text),
  urldecode: (text) => {
    try {
      return decodeURIComponent(text)
    } catch {
      return text
    }
  },
}
