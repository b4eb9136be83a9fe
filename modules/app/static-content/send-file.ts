/** Sends one file: ranges, validators and conditions are `@fastify/send`'s, what it is called is ours. */
import { basename, dirname } from 'node:path'
import { send } from '@fastify/send'
import type { HttpContext } from '../../../core/index.js'
import { setClientCache } from './client-cache.js'

export interface FileFacts {
  readonly path: string
  readonly mimeType: string
  readonly etag: boolean
  readonly cacheHeaders: readonly (readonly [string, string])[]
}

/** Resolves when the response has begun; errors of the file are answered. */
export const sendFile = async (ctx: HttpContext, file: FileFacts): Promise<void> => {
  const { request, response } = ctx
  const result = await send(request, `/${encodeURIComponent(basename(file.path))}`, {
    root: dirname(file.path),
    index: false,
    // Who may see what has been decided.
    dotfiles: 'allow',
    cacheControl: false,
    contentType: false,
    etag: file.etag,
  })
  const { stream, statusCode, headers } = result
  if (response.destroyed || result.type !== 'file') {
    stream.destroy()
    if (response.destroyed) return
    const range = (headers as Record<string, string | undefined>)['Content-Range']
    ctx.sendError(statusCode === 301 ? 404 : statusCode)
    if (range !== undefined) ctx.trace('staticContent', `no such range: ${range}`)
    return
  }
  response.statusCode = statusCode
  for (const name in headers) response.setHeader(name, headers[name] ?? '')
  if (statusCode !== 304) response.setHeader('Content-Type', file.mimeType)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  setClientCache(response, file.cacheHeaders)
  if (request.method === 'HEAD' || statusCode === 304) {
    stream.destroy()
    response.end()
    return
  }
  stream.on('error', (error) => {
    ctx.sendError(500, 0, error)
  })
  response.on('close', () => {
    stream.destroy()
  })
  stream.pipe(response)
}
