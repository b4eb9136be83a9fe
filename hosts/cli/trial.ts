/** One module on trial: a server of its own, replaced whenever the module's files have changed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { look } from './look.js'
import { trialConfiguration } from './trial-configuration.js'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
/** Milliseconds without a change before it is served anew. */
const QUIET = 100

export class Trial {
  private readonly file: string
  private readonly port: number
  private readonly options: object
  private readonly folder: string
  private child: ChildProcess | null = null
  private timer: NodeJS.Timeout | undefined
  /** The server is being replaced; one at a time, since all have the same port. */
  private turn: Promise<void> | null = null
  /** Something has changed since the turn began. */
  private stale = false
  private over = false

  constructor(file: string, port: number, options: object, folder: string) {
    this.file = file
    this.port = port
    this.options = options
    this.folder = folder
  }

  async begin(): Promise<void> {
    this.stale = true
    if (this.turn) return
    this.turn = this.replace()
    await this.turn
    this.turn = null
  }

  changed(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      void this.begin()
    }, QUIET)
  }

  async end(): Promise<void> {
    this.over = true
    clearTimeout(this.timer)
    await this.turn
    await this.stop()
  }

  private async replace(): Promise<void> {
    while (this.stale && !this.over) {
      this.stale = false
      await this.stop()
      await this.serve()
    }
  }

  private async serve(): Promise<void> {
    const { file, port, options, folder } = this
    const looked = await look(file)
    if (this.over) return
    if ('failed' in looked) {
      process.stdout.write(`${file} cannot be loaded: ${looked.failed}\nwaiting for a change of it\n`)
      return
    }
    const config = join(folder, 'applicationHost.json')
    writeFileSync(config, JSON.stringify(trialConfiguration(looked, file, port, options), null, 2))
    process.stdout.write(`trying ${file} (${looked.kind}) on http://127.0.0.1:${port}/\n`)
    this.child = spawn(process.execPath, [MAIN, 'start', '--config', config], {
      cwd: dirname(file),
      stdio: 'inherit',
      // Its Ctrl-C is ours, which ends it.
      detached: true,
    })
  }

  private async stop(): Promise<void> {
    const { child } = this
    this.child = null
    if (child?.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}
