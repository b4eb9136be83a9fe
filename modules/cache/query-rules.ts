/** For which paths only some parameters of the query tell responses apart (a profile's varyByQueryString). */
import { LRUCache } from 'lru-cache'

/** Paths that are remembered; a forgotten one costs a miss. */
const REMEMBERED = 10_000

/** The cache is asked before it is known whose URL it is, so that what a profile says is remembered by path. */
export class QueryRules {
  private readonly rules = new LRUCache<string, readonly string[]>({ max: REMEMBERED })

  /** Nothing has been learnt yet. */
  isEmpty = true

  /** @param address - host and URL. */
  learn(address: string, parameters: readonly string[]): void {
    this.isEmpty = false
    this.rules.set(pathOf(address), parameters)
  }

  /** The address under which the response to `address` is kept. */
  normal(address: string): string {
    if (!address.includes('?')) return address
    const path = pathOf(address)
    const parameters = this.rules.get(path)
    return parameters === undefined ? address : reduced(path, address, parameters)
  }
}

const pathOf = (address: string): string => {
  const query = address.indexOf('?')
  return query < 0 ? address : address.slice(0, query)
}

/** In the order of the parameters' names, each with its values in their order, as they came. */
const reduced = (path: string, address: string, parameters: readonly string[]): string => {
  const given = address.slice(path.length + 1).split('&')
  const kept = parameters.flatMap((name) =>
    given.filter((pair) => pair === name || pair.startsWith(`${name}=`)),
  )
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}
