/** `requestTracing`: what has happened to requests that failed (IIS: FailedRequestsTracingModule, `traceFailedRequests`). */
import { join } from 'node:path'
import {
  defineModule,
  workerStates,
  type HttpContext,
  type RequestEvent,
  type RequestModule,
  type SettledOutcome,
} from '../../../core/index.js'
import { choice, count, DAY, filePath, list, object, optionsOf, text, timeSpan } from '../option-schema.js'
import { pathPattern } from '../url.js'
import { failureOf, type RuleOptions } from './failure.js'
import { Trace } from './trace.js'
import { TraceFolder } from './trace-folder.js'

interface RequestTracingOptions {
  readonly directory: string
  readonly maxLogFiles: number
  readonly add: readonly RuleOptions[]
}

const options = optionsOf<RequestTracingOptions>({
  directory: filePath('logs/FailedReqLogFiles', 'Where the files lie, in a folder for each site: `W3SVC1`.'),
  maxLogFiles: count(50, 1, 10_000, 'The oldest make room.'),
  add: list(
    object({
      path: text('`*`, `*.php`, `/api/*`; several with commas.', { default: '*' }),
      verbs: text('Methods, with commas; none is all.', { default: '' }),
      statusCodes: text('`400-599`, `404.3`; several with commas, none: no matter which.', { default: '' }),
      timeTaken: timeSpan(undefined, DAY, 'A request that takes as long has failed too.'),
      verbosity: choice(
        ['General', 'Verbose'],
        'Verbose',
        'Verbose notes each event; General only what modules tell.',
      ),
    }),
    [],
    'Rules; the first whose path and verbs fit decides. Where none fits, nothing is noted.',
  ),
})

export default defineModule({
  name: 'requestTracing',
  options,
  perClient: false,
  setup({ application, event }, { directory, maxLogFiles, add }): RequestModule {
    if (add.length === 0) return {}
    const rules = add.map((rule) => ({
      fits: pathPattern(rule.path),
      verbs: new Set(
        rule.verbs
          .toUpperCase()
          .split(/[\s,]+/)
          .filter((verb) => verb !== ''),
      ),
      failure: failureOf(rule),
      verbose: rule.verbosity === 'Verbose',
    }))
    const folder = new TraceFolder(join(directory, `W3SVC${application.siteId}`), maxLogFiles, (error) => {
      event({
        level: 'warning',
        text: 'Traces of failed requests cannot be written.',
        facts: { error: String(error) },
      })
    })
    const traces = new WeakMap<HttpContext, { trace: Trace; verbose: boolean }>()

    const begin = (ctx: HttpContext): SettledOutcome => {
      const method = ctx.request.method ?? ''
      const rule = rules.find(({ fits, verbs }) => fits(ctx.path) && (verbs.size === 0 || verbs.has(method)))
      if (!rule) return 'CONTINUE'
      const trace = new Trace(rule.failure)
      traces.set(ctx, { trace, verbose: rule.verbose })
      ctx.onTrace = (source, text) => {
        trace.add(source, text)
      }
      if (rule.verbose) trace.add('beginRequest', '')
      return 'CONTINUE'
    }

    const note =
      (name: RequestEvent) =>
      (ctx: HttpContext): SettledOutcome => {
        if (!ctx.onTrace) return 'CONTINUE'
        const { handler, user } = ctx
        const known = traces.get(ctx)
        // Children are noted through their parent's.
        if (known ? known.verbose : ctx.parent) ctx.trace(name, factsOf(handler?.name, user?.name))
        return 'CONTINUE'
      }

    const end = (ctx: HttpContext): SettledOutcome => {
      const report = traces.get(ctx)?.trace.report(ctx)
      if (report) folder.write(report)
      return 'CONTINUE'
    }

    const events = workerStates.flatMap(({ state }) => (state === 'respond' ? [] : [state]))
    return {
      ...Object.fromEntries(events.map((name) => [name, note(name)])),
      beginRequest: begin,
      end,
      sendResponse({ response, onTrace }) {
        onTrace?.('sendResponse', String(response.statusCode))
      },
      close: () => folder.close(),
    }
  },
})

const factsOf = (handler: string | undefined, user: string | undefined): string =>
  [handler === undefined ? '' : `handler ${handler}`, user ? `user ${user}` : '']
    .filter((fact) => fact !== '')
    .join(', ')
