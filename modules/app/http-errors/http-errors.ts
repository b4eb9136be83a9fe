/** `httpErrors`: pages of one's own for errors, details for those who may see them (IIS: CustomErrorModule). */
import { defineModule, type HttpContext } from '../../../core/index.js'
import { cleanUrl } from '../url.js'
import { originalUrl } from '../resource.js'
import { pageChooser, type Page } from './choose.js'
import { detailedPage, plainPage } from './detailed-page.js'
import { ErrorFiles } from './error-files.js'
import { HeldResponse } from './held-response.js'
import { options } from './options.js'

export default defineModule({
  name: 'httpErrors',
  options,
  // Pages with details are not to be stored, and those in a language say so.
  perClient: false,
  setup(scope, given) {
    const { errorMode, existingResponse } = given
    if (existingResponse === 'PassThrough') return {}
    const choose = pageChooser(given)
    const files = new ErrorFiles(given.directory)
    /** The status that a page which is executed has to keep. */
    const executing = new WeakMap<HttpContext, number>()

    const missing = new Set<string>()
    const tellMissing = (path: string): void => {
      if (missing.has(path)) return
      missing.add(path)
      const text = `There is no error page ${path}: httpErrors answers with a plain one in its place.`
      scope.event({ level: 'warning', text, facts: { file: path } })
    }

    const takeOver = (ctx: HttpContext, held: HeldResponse, hasBody: boolean): boolean => {
      const at = innermost(ctx)
      const { response } = ctx
      const isOwn = at.error === null
      if (at.disableCustomError) return false
      const long = hasBody || Number(response.getHeader('Content-Length') ?? 0) > 0
      if (isOwn && existingResponse === 'Auto' && long) return false
      const status = response.statusCode
      const subStatus = at.error?.subStatus ?? at.subStatus
      if (errorMode === 'Detailed' || (errorMode === 'DetailedLocalOnly' && ctx.isLocal)) {
        answer(ctx, held, detailedPage(at, status, subStatus))
        return true
      }
      const page = choose(status, subStatus)
      if (page && show(ctx, at, held, page)) return true
      if (isOwn) return false
      answer(ctx, held, plainPage(status, subStatus))
      return true
    }

    /** Whether there is such a page. */
    const show = (ctx: HttpContext, at: HttpContext, held: HeldResponse, page: Page): boolean => {
      const { response, request } = ctx
      ctx.trace('httpErrors', `${page.responseMode} ${page.path}`)
      if (page.responseMode === 'File') {
        const file = files.find(page, request)
        if (!file) {
          tellMissing(page.path)
          return false
        }
        if (page.prefixLanguageFilePath !== undefined) response.appendHeader('Vary', 'Accept-Language')
        answer(ctx, held, file.body, file.contentType)
      } else if (page.responseMode === 'Redirect') {
        dropEntity(ctx)
        response.statusCode = 302
        response.setHeader('Location', cleanUrl(page.path))
        held.answer('', false)
      } else held.whenEnded(() => void execute(ctx, at, page))
      return true
    }

    const execute = async (ctx: HttpContext, at: HttpContext, { path }: Page): Promise<void> => {
      const { response } = ctx
      const status = response.statusCode
      executing.set(ctx, status)
      dropEntity(ctx)
      response.statusCode = 200
      response.statusMessage = ''
      // As IIS: the page sees in its query what has gone wrong, and where.
      const query = `${status};${cleanUrl(originalUrl(ctx))}`
      await at.executeUrl({
        url: `${path}${path.includes('?') ? '&' : '?'}${query}`,
        method: ctx.request.method === 'HEAD' ? 'HEAD' : 'GET',
        ignoreValidationAndRange: true,
        disableCustomError: true,
      })
    }

    return {
      beginRequest(ctx) {
        const held: HeldResponse = new HeldResponse(ctx.response, (hasBody) => takeOver(ctx, held, hasBody))
        return 'CONTINUE'
      },
      sendResponse(ctx) {
        const status = executing.get(ctx)
        // A page that says nothing of a status of its own is the page of the error.
        if (status !== undefined && ctx.response.statusCode === 200) ctx.response.statusCode = status
      },
    }
  },
})

const innermost = (ctx: HttpContext): HttpContext => {
  let at = ctx
  while (at.child) at = at.child
  return at
}

const answer = (
  ctx: HttpContext,
  held: HeldResponse,
  body: string | Buffer,
  contentType = 'text/html; charset=utf-8',
): void => {
  const { response, request } = ctx
  dropEntity(ctx)
  response.setHeader('Content-Type', contentType)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Cache-Control', 'no-store')
  held.answer(body, request.method === 'HEAD')
}

/** What was said of the body that is not sent. */
const dropEntity = ({ response }: HttpContext): void => {
  for (const name of response.getHeaderNames()) {
    if (/^(content-.*|etag|last-modified|accept-ranges|transfer-encoding|trailer)$/.test(name)) {
      if (name !== 'content-security-policy') response.removeHeader(name)
    }
  }
}
