/** Answers requests with the files of one folder, and never with any other. */
import { realpath, stat } from 'node:fs/promises'
import { STATUS_CODES, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { sep } from 'node:path'
import { send, type SendOptions, type SendResult } from '@fastify/send'

export interface StaticOptions {
  readonly defaultDocuments: readonly string[]
  /** Milliseconds. */
  readonly maxAge: number
  readonly cacheControl: boolean
  readonly immutable: boolean
  readonly etag: boolean
  readonly lastModified: boolean
  readonly acceptRanges: boolean
  readonly extensions: readonly string[]
  readonly followLinks: boolean
}

/** @throws Error when `folder` is not there or is no folder. */
export const serveFiles = async (folder: string, options: StaticOptions): Promise<RequestListener> => {
  const root = await folderAt(folder)
  const { followLinks, defaultDocuments, extensions, ...rest } = options
  const requireInside = async (path: string): Promise<void> => {
    const real = followLinks ? path : await realpath(path)
    if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) throw new OutsideFolder()
  }
  const sendOptions: SendOptions = {
    ...rest,
    root,
    index: [...defaultDocuments],
    extensions: [...extensions],
    dotfiles: 'ignore',
    onFile: requireInside,
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      refuse(response, 405)
      return
    }
    if (isMountWithoutSlash(request)) {
      redirect(request, response)
      return
    }
    try {
      const result = await send(request, pathOf(request.url ?? '/'), sendOptions)
      if (result.type === 'directory') {
        await requireInside(result.metadata.path)
        redirect(request, response)
      } else if (result.type === 'error') refuse(response, statusOf(result), result.headers['Content-Range'])
      else sendFile(request, response, result)
    } catch (error) {
      refuse(response, error instanceof OutsideFolder ? 404 : statusOfSystemError(error))
    }
  }
  return (request, response) => {
    void answer(request, response)
  }
}

/** A symbolic link leads out of the folder. */
class OutsideFolder extends Error {}

const folderAt = async (folder: string): Promise<string> => {
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new Error(
      `${folder} is ${found ? 'no folder' : 'not there'}; physicalPath must name the folder to serve`,
    )
  }
  return realpath(folder)
}

const sendFile = (request: IncomingMessage, response: ServerResponse, result: SendResult): void => {
  const { stream } = result
  response.statusCode = result.statusCode
  for (const name in result.headers) response.setHeader(name, result.headers[name] ?? '')
  if (request.method === 'HEAD' || result.statusCode === 304) {
    stream.destroy()
    response.end()
    return
  }
  stream.on('error', (error) => {
    if (response.headersSent) response.destroy()
    else refuse(response, statusOfSystemError(error))
  })
  response.on('close', () => {
    stream.destroy()
  })
  stream.pipe(response)
}

/** The application itself, asked for as `/files`: it sees `/` either way. */
const isMountWithoutSlash = ({ url, originalUrl }: IncomingMessage & { originalUrl?: string }): boolean =>
  originalUrl !== undefined && pathOf(url ?? '') === '/' && !pathOf(originalUrl).endsWith('/')

/** To the folder's own URL, as the client knows it: its relative links would lead to the wrong place without the slash. */
const redirect = (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse): void => {
  const url = request.originalUrl ?? request.url ?? '/'
  const path = pathOf(url)
  // One slash in front, and no backslash, or a browser would take the first segment for another server.
  const own = path.replace(/^[/\\]+/, '/').replaceAll('\\', '%5C')
  response.setHeader('Location', `${own}/${url.slice(path.length)}`)
  refuse(response, 301)
}

/** An answer without a file: whatever was set for the file is taken back. */
const refuse = (response: ServerResponse, status: number, contentRange?: string): void => {
  for (const name of response.getHeaderNames()) {
    if (name !== 'location' && name !== 'allow') response.removeHeader(name)
  }
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  const page = `<!doctype html><title>${title}</title><h1>${title}</h1>\n`
  response.statusCode = status
  if (contentRange !== undefined) response.setHeader('Content-Range', contentRange)
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', page.length)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.end(page)
}

const pathOf = (url: string): string => {
  const at = url.indexOf('?')
  return at < 0 ? url : url.slice(0, at)
}

/** A path that leads out of the folder is not found there, as any other that does not exist. */
const statusOf = ({ statusCode }: SendResult): number => (statusCode === 403 ? 404 : statusCode)

const statusOfSystemError = (error: unknown): number => {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'EISDIR':
      return 404
    case 'EACCES':
    case 'EPERM':
      return 403
    default:
      return 500
  }
}
