/** Runs a handler, filter or module of the integrated pipeline against requests, without a server of webgarden's. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FilterModule, HandlerModule, ServerEvent, WorkerModule } from '../../core/index.js'
import { bridge } from './bridge.js'
import { checkedOptions } from './checked-options.js'

/** What was made with defineHandler, defineFilter or defineModule. */
export type Extension = WorkerModule | FilterModule | HandlerModule

/** What surrounds the extension on trial. */
export interface ExtensionOptions {
  /** Its own, as in `applicationHost.json`: checked against its schema, and completed with the defaults. */
  readonly options?: Readonly<Record<string, unknown>>
  /** The application behind it: what a module would export. A short text to everybody where left out. */
  readonly application?: unknown
  readonly physicalPath?: string
}

/** An extension that can be asked, without a server. */
export interface ExtensionTrial {
  /** As the global `fetch`, with a path in place of the URL. Redirects are not followed. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** What the worker had to say. */
  readonly events: readonly ServerEvent[]
  /** Ends it, as a draining worker does. */
  close(): Promise<void>
}

/**
 * The extension is loaded with the first request; requests pass the very objects of a worker.
 *
 * @throws TypeError when the options are wrong.
 */
export const tryExtension = async (
  extension: Extension,
  { options: given = {}, application, physicalPath = process.cwd() }: ExtensionOptions = {},
): Promise<ExtensionTrial> => {
  const events: ServerEvent[] = []
  const { kind, name } = extension
  const options = await checkedOptions(extension, given)
  const entry = { name, module: undefined, options, enableCache: false }
  const mapping = {
    path: '*',
    verbs: [],
    resourceType: 'Unspecified',
    requireAccess: 'None',
    type: undefined,
  } as const
  const app = bridge(application ?? answerEverybody, {
    physicalPath,
    onEvent: (event) => events.push(event),
    extensions: {
      handlers: kind === 'handler' ? [{ ...entry, ...mapping, allowPathInfo: false }] : [],
      filters: kind === 'filter' ? [entry] : [],
      modules: kind === 'module' ? [entry] : [],
      known: { [name]: () => Promise.resolve(extension) },
    },
  })
  const server = createServer(app).on('checkContinue', app.checkContinue).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    events,
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init }),
    close: async () => {
      server.close()
      server.closeAllConnections()
      await app.close()
    },
  }
}

const answerEverybody = (_request: unknown, response: { end(text: string): void }): void => {
  response.end('the application\n')
}
