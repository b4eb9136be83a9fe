/** Child requests: another URL, or the next handler, answers in the response of the request that asks for it. */
import type { ExecuteUrl, ExecuteUrlStatus } from '../../../core/contract/http-context.js'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import { replaceHeaderLines } from '../node-internals.js'
import type { IntegratedPipeline } from './integrated-pipeline.js'
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
  const { request, response } = parent
  if (depthOf(parent) >= DEEPEST) {
    parent.sendError(500, 0, new Error(`executeUrl: ${String(child.url)} leads to itself`))
    return Promise.resolve(statusOf(parent))
  }
  const before = { url: request.url, method: request.method, rawHeaders: request.rawHeaders }
  const ctx = new WorkerContext(pipeline, settings, request, response, false, parent.exchange, parent)
  ctx.user = child.user ?? parent.user
  ctx.disableCustomError = child.disableCustomError === true || parent.disableCustomError
  ctx.onTrace = parent.onTrace
  const passesOn = child.url === undefined || child.url === before.url
  if (passesOn || child.ignoreCurrentInterceptor) ctx.mappedAfter = parent.mapped
  if (!passesOn) ctx.rewrite(child.url)
  if (child.method !== undefined) request.method = child.method
  const headers = headersOf(child, before.rawHeaders)
  if (headers) replaceHeaderLines(request, headers)
  const kept = child.noHeaders ? new Map(Object.entries(response.getHeaders())) : null
  parent.child = ctx
  return new Promise((resolve) => {
    ctx.onChildDone = () => {
      parent.child = null
      if (kept) keepOnly(response, kept)
      request.url = before.url
      request.method = before.method
      if (headers) replaceHeaderLines(request, before.rawHeaders)
      resolve(statusOf(ctx))
    }
    walk(ctx)
  })
}

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

const keepOnly = (response: WorkerContext['response'], kept: ReadonlyMap<string, unknown>): void => {
  if (response.headersSent) return
  for (const name of response.getHeaderNames()) if (!kept.has(name)) response.removeHeader(name)
}
