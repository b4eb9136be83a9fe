/** Answers every request with a redirection, as IIS's httpRedirect section does; needs no module. */
import type { TUnsafe } from 'typebox'
import { defineAdapter } from '../../core/index.js'
import { redirectTo, type RedirectOptions } from './redirect-location.js'

const STATUS = { Permanent: 301, Found: 302, Temporary: 307, PermRedirect: 308 } as const

interface Given extends Omit<RedirectOptions, 'exactDestination' | 'childOnly'> {
  readonly exactDestination?: boolean
  readonly childOnly?: boolean
  readonly httpResponseStatus?: keyof typeof STATUS
}

const options = {
  type: 'object',
  additionalProperties: false,
  required: ['destination'],
  properties: {
    destination: {
      type: 'string',
      minLength: 1,
      description:
        'Where to. $S is the rest of the path, $V the path as it was asked for, $Q the query with its ?, $P the query without.',
    },
    exactDestination: {
      type: 'boolean',
      default: false,
      description: 'Whether the destination is whole as it stands: neither path nor query are added to it.',
    },
    childOnly: {
      type: 'boolean',
      default: false,
      description:
        'Whether only what lies directly in the application is redirected, and nothing in its folders.',
    },
    httpResponseStatus: {
      enum: ['Permanent', 'Found', 'Temporary', 'PermRedirect'],
      default: 'Found',
      description: '301, 302, 307 or 308.',
    },
  },
} as unknown as TUnsafe<Given>

export const redirect = defineAdapter({
  name: 'redirect',
  options,
  needsModule: false,
  adapt(_input, { destination, exactDestination = false, childOnly = false, httpResponseStatus = 'Found' }) {
    const status = STATUS[httpResponseStatus]
    const settings: RedirectOptions = { destination, exactDestination, childOnly }
    return {
      handle(request, response) {
        const url = request.url ?? '/'
        const asked = (request as { originalUrl?: string }).originalUrl ?? url
        const location = redirectTo(url, asked, settings)
        response.statusCode = location === undefined ? 404 : status
        if (location !== undefined) response.setHeader('Location', location)
        response.setHeader('Content-Type', 'text/html; charset=utf-8')
        const title = location === undefined ? '404 Not Found' : 'Object moved'
        const page = `<!doctype html><title>${title}</title><h1>${title}</h1>\n`
        response.setHeader('Content-Length', page.length)
        response.end(page)
      },
    }
  },
})
