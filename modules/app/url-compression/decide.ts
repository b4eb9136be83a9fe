/** Whether and how one response is compressed, once its head is known. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Negotiator from 'negotiator'
import { typeTest } from './mime-types.js'
import type { CompressionOptions, SchemeName } from './options.js'
import { schemesOf, type Encoder } from './schemes.js'

export interface Decision {
  readonly scheme: SchemeName
  readonly encoder: Encoder
  /** It has a validator and a length: what was compressed may be kept. */
  readonly isStatic: boolean
}

type Decide = (request: IncomingMessage, response: ServerResponse) => Decision | null

interface PreferringNegotiator {
  encoding(available: readonly string[], options: { preferred: readonly string[] }): string | undefined
}

/**
 * Null leaves the response as it is. Sets Vary wherever another client might get it compressed.
 *
 * @throws Error that says what is wrong with the options.
 */
export const decider = (options: CompressionOptions): Decide => {
  const schemes = schemesOf(options.schemes)
  const kinds = {
    static: { types: typeTest(options.staticTypes), names: namesOf(schemes, 'forStatic') },
    dynamic: { types: typeTest(options.dynamicTypes), names: namesOf(schemes, 'forDynamic') },
  }
  const { doStaticCompression, doDynamicCompression, minFileSizeForComp } = options
  const refuses = refusal(options)
  return (request, response) => {
    const { statusCode } = response
    if (statusCode === 304) addVary(response)
    if (
      statusCode < 200 ||
      statusCode === 204 ||
      statusCode === 205 ||
      statusCode === 206 ||
      statusCode === 304
    )
      return null
    if (response.hasHeader('Content-Encoding') || response.hasHeader('Content-Range')) return null
    if (/\bno-transform\b/i.test(fieldOf(response, 'Cache-Control'))) return null
    const length = fieldOf(response, 'Content-Length')
    if (length !== '' && Number(length) < minFileSizeForComp) return null
    const isStatic = statusCode === 200 && length !== '' && isKeepable(response)
    if (!(isStatic ? doStaticCompression : doDynamicCompression)) return null
    const { types, names } = isStatic ? kinds.static : kinds.dynamic
    if (names.length === 0 || !types(fieldOf(response, 'Content-Type'))) return null
    addVary(response)
    if (request.headers['accept-encoding'] === undefined || refuses(request)) return null
    const negotiator = new Negotiator(request) as unknown as PreferringNegotiator
    const wanted = negotiator.encoding([...names, 'identity'], { preferred: names })
    const scheme = schemes.find(({ name }) => name === wanted)
    const encoder = isStatic ? scheme?.forStatic : scheme?.forDynamic
    return scheme && encoder ? { scheme: scheme.name, encoder, isStatic } : null
  }
}

/** What files have, and pages made for one client have not. */
const isKeepable = (response: ServerResponse): boolean =>
  response.hasHeader('ETag') &&
  response.hasHeader('Last-Modified') &&
  !response.hasHeader('Set-Cookie') &&
  !/\b(private|no-store)\b/i.test(fieldOf(response, 'Cache-Control'))

const namesOf = (
  schemes: ReturnType<typeof schemesOf>,
  kind: 'forStatic' | 'forDynamic',
): readonly string[] => schemes.filter((scheme) => scheme[kind] !== null).map(({ name }) => name)

const refusal = (options: CompressionOptions): ((request: IncomingMessage) => boolean) => {
  const { noCompressionForHttp10, noCompressionForProxies, noCompressionForRange } = options
  return ({ httpVersionMinor, headers }) =>
    (noCompressionForHttp10 && httpVersionMinor === 0) ||
    (noCompressionForProxies && headers.via !== undefined) ||
    (noCompressionForRange && headers.range !== undefined)
}

const addVary = (response: ServerResponse): void => {
  const vary = fieldOf(response, 'Vary')
  if (vary === '*' || /(^|,)\s*accept-encoding\s*(,|$)/i.test(vary)) return
  response.setHeader('Vary', vary === '' ? 'Accept-Encoding' : `${vary}, Accept-Encoding`)
}

const fieldOf = (response: ServerResponse, name: string): string => {
  const value = response.getHeader(name)
  return value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value)
}
