/** What lies at a path on the disk, and how a folder is asked for by its proper URL. */
import { stat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import type { HttpContext } from '../../core/index.js'
import { cleanUrl, urlOf } from './url.js'

/** Null where there is nothing. */
export const statOf = (path: string): Promise<Stats | null> => stat(path).catch(() => null)

export const isRead = (ctx: HttpContext): boolean =>
  ctx.request.method === 'GET' || ctx.request.method === 'HEAD'

/** What the client has asked for, as it knows it. */
export const originalUrl = ({ request }: HttpContext): string =>
  (request as typeof request & { originalUrl?: string }).originalUrl ?? request.url ?? '/'

/** The folder's URL lacks its last slash, with which alone its relative links lead where they should. */
export const lacksSlash = (ctx: HttpContext): boolean => {
  if (ctx.path !== '/') return !ctx.path.endsWith('/')
  // The application itself, asked for as `/files`: it sees `/` either way.
  const { mount } = ctx.application
  return mount !== '' && originalUrl(ctx).split('?', 1)[0] === mount
}

/** IIS's courtesy redirect to the URL of a folder. */
export const redirectToFolder = (ctx: HttpContext): void => {
  const { response, application, path, query } = ctx
  response.statusCode = 301
  response.setHeader('Location', cleanUrl(application.mount + urlOf(path === '/' ? '/' : `${path}/`, query)))
  response.setHeader('Content-Length', 0)
  response.end()
}
