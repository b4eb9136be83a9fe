/** Which stored responses an administrator means who names a site, a URL, where URLs begin, or a tag. */
import type { FlushTarget } from '../../core/index.js'
import type { Entry } from './entry.js'

/** @returns whether the response under a key of the store (see `cache-key.ts`) is meant. */
export const flushFilter = (target: FlushTarget): ((key: string, entry: Entry) => boolean) => {
  const isUrl = target.url === undefined ? () => true : urlFilter(target.url, target.prefix === true)
  return (key, { facts }) =>
    (target.site === undefined || facts.application.site.name === target.site) &&
    (target.tag === undefined || facts.tags.includes(target.tag)) &&
    isUrl(key)
}

const urlFilter = (text: string, prefix: boolean): ((key: string) => boolean) => {
  const absolute = URL.canParse(text) ? new URL(text) : null
  const host = absolute?.hostname
  const port = absolute?.port ?? ''
  const url = absolute ? absolute.pathname + absolute.search : text
  return (key) => {
    // `port address host/url`
    const address = key.slice(key.indexOf(' ', key.indexOf(' ') + 1) + 1)
    const slash = address.indexOf('/')
    if (host !== undefined && address.slice(0, slash) !== host) return false
    if (port !== '' && !key.startsWith(`${port} `)) return false
    const kept = address.slice(slash)
    return prefix ? kept.startsWith(url) : kept === url
  }
}
