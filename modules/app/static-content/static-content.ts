/** `staticContent`: the files of the application's folder, where no handler is mapped (IIS: StaticFileModule). */
import { isAbsolute, relative } from 'node:path'
import { defineModule, type HttpContext } from '../../../core/index.js'
import { HIDDEN_SEGMENTS, hiddenBy, insideOf } from '../hidden.js'
import { choice, DAY, flag, list, object, optionsOf, text, timeSpan } from '../option-schema.js'
import { isRead, statOf } from '../resource.js'
import { clientCacheHeaders, type ClientCache } from './client-cache.js'
import { mimeMapOf, type MimeMapEntry } from './mime-map.js'
import { sendFile } from './send-file.js'

interface StaticContentOptions {
  readonly mimeMap: readonly MimeMapEntry[]
  readonly clientCache: ClientCache
  readonly hiddenSegments: readonly string[]
  readonly followLinks: boolean
}

const options = optionsOf<StaticContentOptions>({
  mimeMap: list(
    object({
      fileExtension: text('Such as `.xyz`; `.*` is any that is not mapped, `.` a name without one.'),
      mimeType: text('What files of this extension are sent as.', { minLength: 1 }),
      remove: text('Instead of all else: an extension that is not to be served.'),
      clear: { type: 'boolean', description: 'Instead of all else: `true` forgets the registered types.' },
    }),
    [],
    'Changes of the map of registered types. What is not mapped is not served: 404.3.',
  ),
  clientCache: object({
    cacheControlMode: choice(
      ['NoControl', 'DisableCache', 'UseMaxAge', 'UseExpires'],
      'NoControl',
      'Nothing, `no-cache`, `max-age` or `Expires`.',
    ),
    cacheControlMaxAge: timeSpan('1.00:00:00', 365 * DAY, 'For UseMaxAge.'),
    httpExpires: text('For UseExpires, such as `Fri, 01 Jan 2027 00:00:00 GMT`.', { default: '' }),
    cacheControlCustom: text('More for Cache-Control, such as `public`.', { default: '' }),
    setEtag: flag(true, 'Whether an ETag is sent.'),
  }),
  hiddenSegments: list(
    text('One part of a path.'),
    HIDDEN_SEGMENTS,
    'Names that are never served, nor what lies beneath them (404.8); those with a dot in front never are.',
  ),
  followLinks: flag(false, 'Whether symbolic links may lead out of the folder.'),
})

export default defineModule({
  name: 'staticContent',
  options,
  perClient: false,
  setup({ application }, { mimeMap, clientCache, hiddenSegments, followLinks }) {
    requireFilesApart(application.module, application.physicalPath)
    const mimeOf = mimeMapOf(mimeMap)
    const isHidden = hiddenBy(hiddenSegments)
    const cacheHeaders = clientCacheHeaders(clientCache)
    const hasCode = application.module !== undefined || application.type !== undefined
    const root = application.physicalPath

    const serve = async (ctx: HttpContext): Promise<'CONTINUE' | 'FINISH'> => {
      const path = ctx.physicalPath
      const found = await statOf(path)
      if (found?.isDirectory() && !hasCode) return refuse(ctx, 403, 14)
      // A path that ends with a slash is a folder's.
      if (!found?.isFile() || ctx.path.endsWith('/')) return 'CONTINUE'
      const below = followLinks ? relative(root, path) : await insideOf(root, path)
      if (below === undefined) return refuse(ctx, 404)
      if (isHidden(ctx.path) || isHidden(below)) return refuse(ctx, 404, 8)
      if (!isRead(ctx)) {
        if (hasCode) return 'CONTINUE'
        ctx.response.setHeader('Allow', 'GET, HEAD')
        return refuse(ctx, 405)
      }
      const mimeType = mimeOf(path)
      if (mimeType === undefined) return refuse(ctx, 404, 3)
      await sendFile(ctx, { path, mimeType, etag: clientCache.setEtag, cacheHeaders })
      return 'FINISH'
    }

    return {
      execute: (ctx) => (ctx.handler || ctx.response.writableEnded ? 'CONTINUE' : serve(ctx)),
    }
  },
})

const refuse = (ctx: HttpContext, status: number, subStatus = 0): 'FINISH' => {
  ctx.sendError(status, subStatus)
  return 'FINISH'
}

/** @throws Error where clients could read the application's own code. */
const requireFilesApart = (module: string | undefined, folder: string): void => {
  if (module === undefined || !isAbsolute(module)) return
  const below = relative(folder, module)
  if (below.startsWith('..') || isAbsolute(below)) return
  throw new Error(
    `staticContent would serve the application's own code: ${module} lies in physicalPath ${folder}. ` +
      'Put the files for clients into a folder of their own, and name that one in physicalPath.',
  )
}
