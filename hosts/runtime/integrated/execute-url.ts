/** Child requests: another URL, or the next handler, answers in the response of the request that asks for it. */
import onHeaders from 'on-headers'
import type { ExecuteUrl, ExecuteUrlStatus } from '../../../core/contract/http-context.js'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import { replaceHeaderLines } from '../node-internals.js'
import { withEntity } from './child-request.js'
import type { IntegratedPipeline } from './integrated-pipeline.js'
import { pathOf } from './url-path.js'
import { WorkerContext } from './worker-context.js'

/** Children of children; IIS stops at about as many. */
const DEEPEST = 12

const CONDITIONS = /^(if-|range$)/i

/** Resolves when the child has been executed; the request is its parent's again then. */
export const executeUrl = (
  pipeline: IntegratedPipeline,
  settings: ApplicationSettings,
  parent: WorkerContext,
  child: ExecuteUrl,
  walk: (ctx: WorkerContext) => void,
): Promise<ExecuteUrlStatus> => {
  const { response } = parent
  if (response.writableEnded) return Promise.reject(new Error('executeUrl: the response has ended'))
  if (depthOf(parent) >= DEEPEST) {
    parent.sendError(500, 0, new Error(`executeUrl: ${parent.path} leads to itself`))
    return Promise.resolve(statusOf(parent))
  }
  const request = child.entity === undefined ? parent.request : withEntity(parent.request, child.entity)
  const { url, method, rawHeaders } = request
  const passesOn = child.url === undefined || pathOf(child.url) === parent.path
  const { serverVariables: variables } = parent.request
  const { expectsContinue, exchange } = parent
  const ctx = new WorkerContext(pipeline, settings, request, response, expectsContinue, exchange, parent)
  ctx.user = child.user ?? parent.user
  ctx.disableCustomError = child.disableCustomError === true || parent.disableCustomError
  ctx.onTrace = parent.onTrace
  if (passesOn || child.ignoreCurrentInterceptor) ctx.mappedAfter = parent.mapped
  if (child.url !== undefined && child.url !== url) ctx.rewrite(child.url)
  if (child.method !== undefined) request.method = child.method.toUpperCase()
  const headers = headersOf(child, rawHeaders)
  if (headers) replaceHeaderLines(request, headers)
  const kept = child.noHeaders && !response.headersSent ? response.getHeaderNames() : null
  if (kept) {
    onHeaders(response, () => {
      if (parent.child === ctx) keepOnly(response, kept)
    })
  }
  parent.child = ctx
  return new Promise((resolve) => {
    ctx.onChildDone = () => {
      ctx.onChildDone = ignore
      parent.child = null
      if (kept) keepOnly(response, kept)
      parent.expectsContinue &&= ctx.expectsContinue
      parent.subStatus = ctx.subStatus
      request.url = url
      request.method = method
      if (headers) replaceHeaderLines(request, rawHeaders)
      if (variables) variables.context = parent
      resolve(statusOf(ctx))
    }
    walk(ctx)
  })
}

const ignore = (): void => undefined

const depthOf = (ctx: WorkerContext): number => {
  let depth = 0
  for (let at = ctx.parent; at; at = at.parent) depth++
  return depth
}

const statusOf = ({ response, subStatus }: WorkerContext): ExecuteUrlStatus => ({
  status: response.statusCode,
  subStatus,
  win32Status: 0,
})

/** Undefined where nothing changes. */
const headersOf = (child: ExecuteUrl, parents: readonly string[]): string[] | undefined => {
  if (child.headers) return [...child.headers]
  if (!child.ignoreValidationAndRange) return undefined
  const kept: string[] = []
  for (let i = 0; i < parents.length; i += 2) {
    const name = parents[i] ?? ''
    if (!CONDITIONS.test(name)) kept.push(name, parents[i + 1] ?? '')
  }
  return kept
}

const keepOnly = (response: WorkerContext['response'], kept: readonly string[]): void => {
  if (response.headersSent) return
  for (const name of response.getHeaderNames()) if (!kept.includes(name)) response.removeHeader(name)
}
