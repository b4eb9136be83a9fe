/** `webgarden try MODULE`: serves one module or application at once, and again whenever it changes. */
import { mkdtempSync, rmSync, watch } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { resolveModule } from '../../core/registry/resolve-module.js'
import { CommandError, exitCodes } from './failure.js'
import { Trial } from './trial.js'

/** What an author edits; other files may be what the module itself writes. */
const SOURCE = /\.[cm]?[jt]sx?$/

/** Options of the command, as they were typed. */
export interface TryOptions {
  readonly port?: string
  /** The module's options, in JSON. */
  readonly options?: string
}

/** Serves until Ctrl-C. */
export const tryModule = async (specifier: string, given: TryOptions): Promise<void> => {
  const file = locate(specifier)
  const options = optionsOf(given.options)
  const port = given.port === undefined ? await freePort() : Number(given.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommandError(`"${given.port ?? ''}" is no port`, exitCodes.failed)
  const folder = mkdtempSync(join(tmpdir(), 'webgarden-try-'))
  const trial = new Trial(file, port, options, folder)
  const watcher = watch(dirname(file), (_event, name) => {
    if (name === null || SOURCE.test(name)) trial.changed()
  })
  const end = (): void => {
    watcher.close()
    void trial.end().then(() => {
      rmSync(folder, { recursive: true, force: true })
      process.exit(0)
    })
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  await trial.begin()
}

const locate = (specifier: string): string => {
  const path = /^[./]/.test(specifier) || specifier.includes('/') || /\.[cm]?[jt]s$/.test(specifier)
  try {
    return resolveModule(path ? join(process.cwd(), specifier) : specifier, process.cwd())
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new CommandError(`${specifier} is not there: ${why ?? ''}`, exitCodes.notFound)
  }
}

const optionsOf = (text = '{}'): object => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  const remedy = `write JSON, such as --options '{ "greeting": "Hello" }'`
  throw new CommandError(`${text} is no object of options; ${remedy}`, exitCodes.failed)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
