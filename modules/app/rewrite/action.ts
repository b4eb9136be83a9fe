/** What a rule does once it has matched. */
import type { HttpContext, SettledOutcome } from '../../../core/index.js'
import { cleanUrl, urlOf, withQuery } from '../url.js'
import type { ActionOptions } from './options.js'
import { templateOf, type Maps, type References } from './template.js'

/** `FINISH` where it has answered. */
export type Action = (ctx: HttpContext, references: References) => SettledOutcome

const STATUS = { Permanent: 301, Found: 302, SeeOther: 303, Temporary: 307, PermRedirect: 308 } as const

/** @throws Error that says what is wrong with it. */
export const actionOf = (options: ActionOptions, maps: Maps): Action => {
  switch (options.type) {
    case 'None':
      return () => 'CONTINUE'
    case 'AbortRequest':
      return ({ response }) => {
        response.destroy()
        return 'FINISH'
      }
    case 'CustomResponse':
      return (ctx) => respond(ctx, options)
    case 'Redirect':
      return redirect(options, maps)
    case 'Rewrite':
      return rewrite(options, maps)
  }
}

const rewrite = ({ url, appendQueryString, logRewrittenUrl }: ActionOptions, maps: Maps): Action => {
  if (/^[a-z]+:\/\//i.test(url)) {
    throw new Error(
      `"${url}" is on another server; a handler of type "proxy" leads there, a rule stays in its application`,
    )
  }
  const template = templateOf(url, maps)
  return (ctx, references) => {
    const { mount } = ctx.application
    const target = template(references)
    const at = target.indexOf('?')
    let path = at < 0 ? target : target.slice(0, at)
    if (!path.startsWith('/')) path = `/${path}`
    if (mount !== '' && (path === mount || path.startsWith(`${mount}/`)))
      path = path.slice(mount.length) || '/'
    const own = at < 0 ? '' : target.slice(at + 1)
    const kept = appendQueryString ? ctx.query : ''
    // Back references are decoded: what they hold may need encoding again, and what the rule has written may not.
    const encoded = /%[\dA-Fa-f]{2}/.test(url) ? cleanUrl(path) : urlOf(path, '')
    const query = cleanUrl(own !== '' && kept !== '' ? `${own}&${kept}` : own + kept)
    ctx.rewrite(query === '' ? encoded : `${encoded}?${query}`)
    if (logRewrittenUrl) {
      ctx.logged.path = mount + encoded
      ctx.logged.query = query
    }
    return 'CONTINUE'
  }
}

const redirect = ({ url, appendQueryString, redirectType }: ActionOptions, maps: Maps): Action => {
  const template = templateOf(url, maps)
  const isPath = /^\{R:/i.test(url)
  return (ctx, references) => {
    const { response, application, query } = ctx
    let target = template(references)
    // What begins with a part of the path is a path: clients must not choose the server.
    if (isPath || !/^([a-z][a-z\d+.-]*:|\/|$)/i.test(target)) target = `${application.mount}/${target}`
    // A back reference must not turn a path into the name of another server.
    if (!url.startsWith('//')) target = target.replace(/^[/\\]{2,}/, '/')
    if (appendQueryString) target = withQuery(target, query)
    response.statusCode = STATUS[redirectType]
    response.setHeader('Location', cleanUrl(target))
    response.setHeader('Content-Length', 0)
    response.end()
    return 'FINISH'
  }
}

const respond = (ctx: HttpContext, options: ActionOptions): 'FINISH' => {
  const { statusCode, subStatusCode, statusReason, statusDescription } = options
  const { response, request } = ctx
  if (statusReason !== '') response.statusMessage = statusReason
  if (statusCode >= 400 && statusDescription === '') {
    ctx.sendError(statusCode, subStatusCode, `A rule of rewrite answers with ${statusCode}.`)
    return 'FINISH'
  }
  ctx.subStatus = subStatusCode
  ctx.logged.subStatus = subStatusCode
  response.statusCode = statusCode
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(statusDescription))
  response.end(request.method === 'HEAD' ? undefined : statusDescription)
  return 'FINISH'
}
