/** Speaks to the control service of the server that runs with a configuration file. */
import { readFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { isAbsolute, join, dirname } from 'node:path'
import { controlAddresses } from '../../core/control/address.js'
import type { ControlProblem } from '../../core/control/resources.js'
import { ConfigurationError } from '../../core/errors.js'
import { CommandError, exitCodes } from './failure.js'

/** A server that is silent for so many milliseconds while it is only asked for what it knows is not well. */
const PATIENCE = 10_000

/** Milliseconds until a server that was not there is asked once more. */
const RETRY_AFTER = 100

export interface Ask {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  /** Sent as `If-Match`. */
  readonly version?: string | undefined
  /** Milliseconds to wait for the answer; 0 is as long as it takes. */
  readonly timeout?: number
}

export interface Told<T> {
  readonly body: T
  readonly version: string | undefined
}

export class ControlClient {
  private readonly file: string
  /** Where the server was found. */
  private address: string | undefined

  constructor(file: string) {
    this.file = file
  }

  async get<T>(path: string): Promise<T> {
    return (await this.ask<T>({ path })).body
  }

  /** @throws CommandError with what to tell the user, and the exit code. */
  async ask<T>(ask: Ask): Promise<Told<T>> {
    try {
      return await this.askOnce<T>(ask)
    } catch (error) {
      const isGone = error instanceof CommandError && error.exitCode === exitCodes.notRunning
      if (!isGone || (ask.method ?? 'GET') !== 'GET') throw error
      // One server may just be taking the place of another.
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER))
      return this.askOnce<T>(ask)
    }
  }

  private async askOnce<T>({ method = 'GET', path, version, timeout = PATIENCE }: Ask): Promise<Told<T>> {
    const addresses = this.address === undefined ? await this.addresses() : [this.address]
    let refused: NodeJS.ErrnoException | undefined
    for (const address of addresses) {
      try {
        const { response, text } = await send(address, method, path, version, timeout)
        this.address = address
        return answered<T>(response, text)
      } catch (error) {
        if (error instanceof CommandError) throw error
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EACCES' || code === 'EPERM') refused = error as NodeJS.ErrnoException
        else if (code === 'ETIMEDOUT') throw new CommandError(tooSlow(timeout), exitCodes.timeout)
        else if (code !== 'ENOENT' && code !== 'ECONNREFUSED') {
          throw new CommandError(
            `the server ended before it had answered (${String(code)})`,
            exitCodes.notRunning,
          )
        }
      }
    }
    if (refused) {
      const message = `not permitted: the server that runs with ${this.file} belongs to another user; try it as that user`
      throw new CommandError(message, exitCodes.notPermitted)
    }
    throw new CommandError(
      `no server runs with ${this.file}; start it with: webgarden start --config ${this.file}`,
      exitCodes.notRunning,
    )
  }

  private async addresses(): Promise<string[]> {
    return controlAddresses(this.file, await this.configuredSocket())
  }

  /** What the file itself says of the socket; a file that cannot be read says nothing. */
  private async configuredSocket(): Promise<string | undefined> {
    let text: string
    try {
      text = readFileSync(this.file, 'utf8')
    } catch {
      throw new CommandError(
        `there is no configuration file ${this.file}; name it with --config FILE`,
        exitCodes.configuration,
      )
    }
    if (!text.includes('"socket"')) return undefined
    const [{ parse }, { expand }] = await Promise.all([
      import('../../core/config/parse.js'),
      import('../../core/config/environment.js'),
    ])
    const { value } = parse(text.replace(/^\uFEFF/, ''))
    expand(value, process.env)
    const socket = (value as { control?: { socket?: unknown } } | undefined)?.control?.socket
    if (typeof socket !== 'string') return undefined
    return isAbsolute(socket) ? socket : join(dirname(this.file), socket)
  }
}

const send = (
  socketPath: string,
  method: string,
  path: string,
  version: string | undefined,
  timeout: number,
): Promise<{ response: IncomingMessage; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = { Host: 'localhost', ...(version === undefined ? {} : { 'If-Match': `"${version}"` }) }
    const call = request({ socketPath, method, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('end', () => {
        resolve({ response, text })
      })
      response.once('error', reject)
    })
    if (timeout > 0) {
      call.setTimeout(timeout, () => {
        call.destroy(Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' }))
      })
    }
    call.once('error', reject)
    call.end()
  })

const answered = <T>({ statusCode = 500, headers }: IncomingMessage, text: string): Told<T> => {
  const body = JSON.parse(text) as unknown
  if (statusCode < 300) return { body: body as T, version: headers.etag?.replaceAll('"', '') }
  const { message, file, problems } = body as ControlProblem
  const configuration = file && problems ? new ConfigurationError(file, problems) : undefined
  throw new CommandError(message, exitCodeOf(statusCode), configuration)
}

const exitCodeOf = (status: number): number => {
  if (status === 404) return exitCodes.notFound
  if (status === 401 || status === 403) return exitCodes.notPermitted
  if (status === 409 || status === 412) return exitCodes.conflict
  if (status === 422) return exitCodes.configuration
  return exitCodes.failed
}

const tooSlow = (timeout: number): string =>
  `the server has not answered within ${timeout / 1000} s; what was asked for may still happen`
