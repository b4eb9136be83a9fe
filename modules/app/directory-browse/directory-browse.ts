/** `directoryBrowse`: lists a folder that has nothing else to show (IIS: DirectoryListingModule). */
import { defineModule, type HttpContext } from '../../../core/index.js'
import { HIDDEN_SEGMENTS, hiddenBy, insideOf } from '../hidden.js'
import { flag, list, optionsOf, text } from '../option-schema.js'
import { isRead, lacksSlash, redirectToFolder, statOf } from '../resource.js'
import { listingOf, type ShowFlag } from './listing.js'

interface DirectoryBrowseOptions {
  readonly enabled: boolean
  readonly showFlags: readonly ShowFlag[]
  readonly hiddenSegments: readonly string[]
}

const options = optionsOf<DirectoryBrowseOptions>({
  enabled: flag(true, 'Whether folders are listed.'),
  showFlags: list(
    { enum: ['Date', 'Time', 'Size', 'Extension', 'LongDate'] },
    ['Date', 'Time', 'Size', 'Extension'],
    'What is shown beside the names; times are in UTC.',
  ),
  hiddenSegments: list(text('A name.'), HIDDEN_SEGMENTS, 'Names that are neither listed nor entered.'),
})

export default defineModule({
  name: 'directoryBrowse',
  options,
  perClient: false,
  setup({ application }, { enabled, showFlags, hiddenSegments }) {
    if (!enabled) return {}
    const isHidden = hiddenBy(hiddenSegments)

    const show = async (ctx: HttpContext): Promise<'CONTINUE' | 'FINISH'> => {
      const folder = ctx.physicalPath
      if (!(await statOf(folder))?.isDirectory()) return 'CONTINUE'
      const below = await insideOf(application.physicalPath, folder)
      if (below === undefined || isHidden(below) || isHidden(ctx.path)) return 'CONTINUE'
      if (!ctx.parent && lacksSlash(ctx)) {
        redirectToFolder(ctx)
        return 'FINISH'
      }
      const title = `${ctx.request.headers.host ?? ''} - ${application.mount}${ctx.path}`
      const page = await listingOf(folder, title, showFlags, isHidden, below === '')
      const { response } = ctx
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      response.setHeader('Content-Length', Buffer.byteLength(page))
      response.setHeader('X-Content-Type-Options', 'nosniff')
      response.setHeader('Content-Security-Policy', "default-src 'none'")
      response.end(ctx.request.method === 'HEAD' ? undefined : page)
      return 'FINISH'
    }

    return {
      // Before `execute`, where `staticContent` would refuse the folder.
      preExecute: (ctx) =>
        ctx.handler || !isRead(ctx) || ctx.response.writableEnded ? 'CONTINUE' : show(ctx),
    }
  },
})
