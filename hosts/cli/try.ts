/** `webgarden try MODULE`: serves one module or application at once, and again whenever it changes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { resolveModule } from '../../core/registry/resolve-module.js'
import { CommandError, exitCodes } from './failure.js'
import { trialConfiguration } from './trial-configuration.js'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
/** Milliseconds without a change before it is served anew. */
const QUIET = 100

/** Serves until Ctrl-C. */
export const tryModule = async (specifier: string, given: string | undefined): Promise<void> => {
  const file = locate(specifier)
  const port = given === undefined ? await freePort() : Number(given)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommandError(`"${given ?? ''}" is no port`, exitCodes.failed)
  const folder = mkdtempSync(join(tmpdir(), 'webgarden-try-'))
  const trial = new Trial(file, port, folder)
  await trial.serve()
  const watcher = watch(dirname(file), () => {
    trial.changed()
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
}

class Trial {
  private readonly file: string
  private readonly port: number
  private readonly folder: string
  private child: ChildProcess | null = null
  private timer: NodeJS.Timeout | undefined

  constructor(file: string, port: number, folder: string) {
    this.file = file
    this.port = port
    this.folder = folder
  }

  async serve(): Promise<void> {
    const kind = await kindOf(this.file)
    const config = join(this.folder, 'applicationHost.json')
    writeFileSync(config, JSON.stringify(trialConfiguration(kind, this.file, this.port), null, 2))
    process.stdout.write(`trying ${this.file} (${kind}) on http://127.0.0.1:${this.port}/\n`)
    this.child = spawn(process.execPath, [MAIN, 'start', '--config', config], {
      cwd: dirname(this.file),
      stdio: 'inherit',
      // Its Ctrl-C is ours, which ends it.
      detached: true,
    })
  }

  changed(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      void this.end().then(() => this.serve())
    }, QUIET)
  }

  async end(): Promise<void> {
    const { child } = this
    this.child = null
    if (child?.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
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

/** What a file exports, found out in a thread that ends: code that only runs, or fails, is taken for an application. */
const kindOf = async (file: string): Promise<string> => {
  const thread = new Worker(new URL('./kind-thread.js', import.meta.url), { workerData: file })
  const kind = await new Promise<string>((resolve) => {
    thread.once('message', resolve)
    thread.once('error', () => {
      resolve('application')
    })
    thread.once('exit', () => {
      resolve('application')
    })
    setTimeout(() => {
      resolve('application')
    }, 5_000).unref()
  })
  await thread.terminate()
  return kind
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
