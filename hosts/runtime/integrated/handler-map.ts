/** Finds the handler of a request: the first mapping whose path, verb and kind of resource fit (IIS: `handlers`). */
import { stat } from 'node:fs/promises'
import type { Access, ApplicationSettings, HandlerSettings } from '../../../core/contract/messages.js'
import type { SettledOutcome } from '../../../core/contract/stage.js'
import type { MappedHandler } from './mapped-handler.js'
import type { WorkerContext } from './worker-context.js'

/** IIS's sub-status of 403 for each access that is missing. */
const FORBIDDEN: Readonly<Record<Access, number>> = { Execute: 1, Script: 1, Read: 2, Write: 3 }

interface Mapping {
  readonly handler: MappedHandler
  readonly settings: HandlerSettings
  readonly fits: (path: string) => boolean
}

export class HandlerMap {
  private readonly mappings: readonly Mapping[]
  private readonly allowed: ReadonlySet<Access>

  constructor({ accessPolicy }: ApplicationSettings, handlers: readonly MappedHandler[]) {
    this.allowed = new Set(accessPolicy)
    this.mappings = handlers.map((handler) => ({
      handler,
      settings: handler.settings,
      fits: patternOf(handler.settings.path),
    }))
  }

  /** Sets the handler of the request; null is the application itself. Answers 403 where the application forbids it. */
  map(ctx: WorkerContext): SettledOutcome | Promise<SettledOutcome> {
    const after = this.mappings.findIndex(({ handler }) => handler === ctx.mappedAfter)
    return this.from(ctx, after + 1)
  }

  async close(deadline: number): Promise<void> {
    for (const { handler } of this.mappings) await handler.close?.(deadline)
  }

  private from(ctx: WorkerContext, first: number): SettledOutcome | Promise<SettledOutcome> {
    for (let index = first; index < this.mappings.length; index++) {
      const mapping = this.mappings[index] as Mapping
      const { verbs, resourceType } = mapping.settings
      if (verbs.length > 0 && !verbs.includes(ctx.request.method ?? '')) continue
      if (!mapping.fits(ctx.path)) continue
      if (resourceType === 'Unspecified') return this.take(ctx, mapping)
      return isThere(ctx.physicalPath, resourceType).then((is) =>
        is ? this.take(ctx, mapping) : this.from(ctx, index + 1),
      )
    }
    ctx.mapped = null
    return 'CONTINUE'
  }

  private take(ctx: WorkerContext, { handler, settings: { requireAccess } }: Mapping): SettledOutcome {
    if (requireAccess !== 'None' && !this.allowed.has(requireAccess)) {
      ctx.sendError(403, FORBIDDEN[requireAccess])
      return 'FINISH'
    }
    ctx.mapped = handler
    return 'CONTINUE'
  }
}

const isThere = async (path: string, kind: HandlerSettings['resourceType']): Promise<boolean> => {
  const found = await stat(path).catch(() => null)
  if (!found) return false
  if (kind === 'Either') return true
  return kind === 'File' ? found.isFile() : found.isDirectory()
}

/**
 * `*` fits everything; a pattern with a slash the whole path, any other one the last segment. Letter case does not count. A
 * script that is followed by more (`/a.php/b`) is found too.
 */
export const patternOf = (patterns: string): ((path: string) => boolean) => {
  const all = patterns.split(',').map((pattern) => pattern.trim())
  if (all.includes('*')) return () => true
  const expressions = all.map((pattern) => {
    const body = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
    if (pattern.startsWith('/')) return new RegExp(`^${body}$`, 'i')
    if (pattern.includes('/')) return new RegExp(`^/${body}$`, 'i')
    return new RegExp(`/${body.replaceAll('.*', '[^/]*')}(/|$)`, 'i')
  })
  return (path) => expressions.some((expression) => expression.test(path))
}
