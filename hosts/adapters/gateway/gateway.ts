/** Answers requests with what scripts say: the part that CGI and FastCGI share. */
import { realpath, stat } from 'node:fs/promises'
import type { RequestListener, ServerResponse } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { serveFiles, type StaticOptions } from '../static-files.js'
import type { GatewayOptions } from './options.js'
import { GatewayError } from './gateway-error.js'
import { isLocal, redirectToFolder, refuse } from './pages.js'
import type { Reports } from './reports.js'
import { bodyOf, NO_BODY, type RequestBody } from './request-body.js'
import { readHead, type ScriptHead } from './response-head.js'
import { ScriptPaths, type Script, type Target } from './script-path.js'
import { variablesOf, type GatewayMessage } from './variables.js'

/** One run of one script. */
export interface Job {
  readonly script: Script
  readonly method: string
  readonly variables: Readonly<Record<string, string>>
  readonly body: Readable | null
  /** Aborted when nobody waits for the answer any more; the run ends then, and its output with it. */
  readonly signal: AbortSignal
}

/**
 * Runs a script. What it says comes as a stream, which is destroyed with a GatewayError where it fails.
 *
 * @throws GatewayError where it cannot be run.
 */
export type RunScript = (job: Job) => Promise<Readable>

export interface GatewaySettings {
  readonly folder: string
  readonly mount: string
  readonly options: GatewayOptions
  readonly reports: Reports
  readonly run: RunScript
}

/** Local redirects of one request; one more is taken for a loop. */
const MOST_REDIRECTS = 10

/** @throws Error when the folder is not there. */
export const openGateway = async (settings: GatewaySettings): Promise<RequestListener> => {
  const gateway = new Gateway(settings, await rootOf(settings.folder))
  await gateway.openFiles()
  return (request, response) => {
    void gateway.answer(request, response)
  }
}

const rootOf = async (folder: string): Promise<string> => {
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory()) return realpath(folder)
  throw new Error(
    `${folder} is ${found ? 'no folder' : 'not there'}; physicalPath must name the folder of the scripts`,
  )
}

const FILES: StaticOptions = {
  defaultDocuments: [],
  maxAge: 0,
  cacheControl: true,
  immutable: false,
  etag: true,
  lastModified: true,
  acceptRanges: true,
  extensions: [],
  // Where a link leads has been looked at already.
  followLinks: true,
}

class Gateway {
  private readonly settings: GatewaySettings
  private readonly root: string
  private readonly paths: ScriptPaths
  private files: RequestListener | null = null

  constructor(settings: GatewaySettings, root: string) {
    this.settings = settings
    this.root = root
    this.paths = new ScriptPaths(root, settings.options)
  }

  async openFiles(): Promise<void> {
    if (this.settings.options.static) this.files = await serveFiles(this.root, FILES)
  }

  /** Never rejects: whatever goes wrong becomes an answer, or the end of the connection where that has begun. */
  async answer(request: GatewayMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort()
    })
    try {
      const [path, query] = split(request.url ?? '/')
      const target = await this.paths.find(path)
      if (target.kind === 'script') {
        const body = await bodyOf(request, this.settings.options.maxSpooledBody)
        await this.run(
          new Round(request, response, gone.signal),
          target,
          request.method ?? 'GET',
          query,
          body,
        )
      } else this.answerOther(request, response, target)
    } catch (error) {
      if (!gone.signal.aborted) this.fail(response, error)
      request.resume()
    }
  }

  private answerOther(request: GatewayMessage, response: ServerResponse, target: Target): void {
    if (target.kind === 'folder') redirectToFolder(request, response)
    else if (target.kind === 'file' && this.files) {
      const [, query] = split(request.url ?? '/')
      // The file that was found, and no other, however the URL might be read a second time.
      request.url = query === '' ? target.url : `${target.url}?${query}`
      this.files(request, response)
    } else refuse(response, target.kind === 'malformed' ? 400 : 404)
  }

  private async run(
    round: Round,
    script: Script,
    method: string,
    query: string,
    body: RequestBody,
  ): Promise<void> {
    const { request, response, signal } = round
    const { mount, options, reports } = this.settings
    const variables = variablesOf(
      request,
      script,
      { method, query, uri: round.uri, length: body.length, redirectedFrom: round.redirectedFrom },
      { root: this.root, mount, allowAuthorization: options.allowAuthorization },
    )
    round.script = script
    const output = await this.settings.run({ script, method, variables, body: body.stream, signal })
    // It may fail at any time, also when nobody reads it.
    output.on('error', () => undefined)
    const head = await readHead(output, options.maxResponseHeader)
    const local = localTarget(head, mount)
    if (local !== undefined) {
      output.destroy()
      await this.redirect(round, script, local)
      return
    }
    writeHead(response, head)
    if (request.method === 'HEAD' || response.statusCode === 204 || response.statusCode === 304) {
      output.resume()
      response.end()
      return
    }
    pipeline(output, response, (error) => {
      if (error instanceof GatewayError)
        reports.failed(`${script.path} failed after its response had begun: ${error.message}`)
      if (error) response.destroy()
    })
  }

  /** The answer is that of another URL, as if the client had asked for it (RFC 3875, section 6.2.2). */
  private async redirect(round: Round, script: Script, url: string): Promise<void> {
    if (++round.redirects > MOST_REDIRECTS)
      throw new GatewayError(
        500,
        `it was redirected ${MOST_REDIRECTS} times within the server; is it a loop?`,
      )
    round.redirectedFrom = this.settings.mount + script.path
    const [path, query] = split(url)
    const target = await this.paths.find(path)
    const { request, response } = round
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    if (target.kind === 'script') {
      await this.run(round, target, method, query, NO_BODY)
      return
    }
    request.method = method
    request.url = url
    if (request.originalUrl !== undefined) request.originalUrl = this.settings.mount + url
    this.answerOther(request, response, target)
  }

  private fail(response: ServerResponse, error: unknown): void {
    const known = error instanceof GatewayError ? error : new GatewayError(500, describe(error))
    const { script } = response.req as { script?: Script }
    this.settings.reports.failed(
      `${script?.path ?? 'a request'} was answered with ${known.status}: ${known.message}.`,
      known.detail === undefined ? {} : { detail: known.detail },
    )
    if (response.headersSent) {
      response.destroy()
      return
    }
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    response.statusMessage = ''
    refuse(response, known.status, isLocal(response.req.socket.remoteAddress) ? known.detail : undefined)
  }
}

/** One request on its way through the scripts that answer it. */
class Round {
  readonly request: GatewayMessage & { script?: Script }
  readonly response: ServerResponse
  readonly signal: AbortSignal
  readonly uri: string
  redirects = 0
  redirectedFrom: string | undefined = undefined

  constructor(request: GatewayMessage, response: ServerResponse, signal: AbortSignal) {
    this.request = request
    this.response = response
    this.signal = signal
    this.uri = request.originalUrl ?? request.url ?? '/'
  }

  /** The one that runs, for whoever has to name it. */
  set script(script: Script) {
    this.request.script = script
  }
}

const split = (url: string): [path: string, query: string] => {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

/** The URL below the mount where the script wants the server to go on there; a Location with a status is the client's. */
const localTarget = ({ status, location }: ScriptHead, mount: string): string | undefined => {
  if (status !== undefined || location === undefined || !/^\/(?![/\\])/.test(location)) return undefined
  if (!location.startsWith(mount)) return undefined
  const rest = location.slice(mount.length)
  return rest.startsWith('/') ? rest : undefined
}

const writeHead = (response: ServerResponse, head: ScriptHead): void => {
  response.statusCode = head.status ?? (head.location === undefined ? 200 : 302)
  if (head.reason !== undefined) response.statusMessage = head.reason
  for (const [name, value] of head.fields) response.appendHeader(name, value)
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
