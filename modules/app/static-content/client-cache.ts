/** How long clients may keep a static file (IIS: `clientCache`). */
import type { ServerResponse } from 'node:http'

export interface ClientCache {
  readonly cacheControlMode: 'NoControl' | 'DisableCache' | 'UseMaxAge' | 'UseExpires'
  /** Milliseconds. */
  readonly cacheControlMaxAge: number
  readonly httpExpires: string
  /** Joined to what the mode says. */
  readonly cacheControlCustom: string
  readonly setEtag: boolean
}

/** The header fields that say so; worked out once. */
export const clientCacheHeaders = (cache: ClientCache): readonly (readonly [string, string])[] => {
  const control = [
    cache.cacheControlMode === 'DisableCache' ? 'no-cache' : '',
    cache.cacheControlMode === 'UseMaxAge' ? `max-age=${Math.floor(cache.cacheControlMaxAge / 1000)}` : '',
    cache.cacheControlCustom,
  ].filter((part) => part !== '')
  const headers: [string, string][] = []
  if (control.length > 0) headers.push(['Cache-Control', control.join(',')])
  if (cache.cacheControlMode === 'UseExpires') headers.push(['Expires', expiresOf(cache.httpExpires)])
  return headers
}

/** What a module before has set holds. */
export const setClientCache = (
  response: ServerResponse,
  headers: readonly (readonly [string, string])[],
): void => {
  for (const [name, value] of headers) if (!response.hasHeader(name)) response.setHeader(name, value)
}

const expiresOf = (text: string): string => {
  const time = Date.parse(text)
  if (Number.isNaN(time)) {
    throw new Error(`httpExpires "${text}" is no date; write it as "Fri, 01 Jan 2027 00:00:00 GMT"`)
  }
  return new Date(time).toUTCString()
}
