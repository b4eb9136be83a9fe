/** The configuration file while the server runs: a change is checked whole and put in force, or refused; earlier versions come back. */
import { readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { ConfigurationError, type Clock, type EventLog, type ServerConfig } from '../../core/index.js'
import { configurationEvents } from './events.js'
import { FileWatch } from './file-watch.js'
import { ConfigurationHistory, type ConfigurationVersion } from './history.js'
import type { PutInForce } from './put-in-force.js'
import { writeWhole } from './write-whole.js'

/** What became of a change; `changed` is empty where the file says what is in force already. */
export interface ReloadReport extends Omit<PutInForce, 'settled'> {
  /** Pools that went back to their old configuration, since no worker came up under the new one. */
  readonly takenBack: readonly string[]
}

export interface LiveConfigurationOptions {
  /** Absolute. */
  readonly file: string
  /** What the server was started with. */
  readonly text: string
  readonly clock: Clock
  readonly events: EventLog
  /** What is in force now. */
  current(): ServerConfig
  /** Throws ConfigurationError with everything that is wrong with the file as it is now. */
  check(): Promise<ServerConfig>
  /** Throws ConfigurationError where it cannot be put in force, and then nothing has changed. */
  putInForce(config: ServerConfig): Promise<PutInForce>
}

export class LiveConfiguration {
  private readonly options: LiveConfigurationOptions
  private watched: FileWatch | null = null
  /** The text of what is in force, but for what waits for a restart or was taken back. */
  private text: string
  /** One change at a time. */
  private turn: Promise<unknown> = Promise.resolve()
  private closed = false

  constructor(options: LiveConfigurationOptions) {
    this.options = options
    this.text = options.text
  }

  /** Watches the file, if its own configuration says so. Resolves when a change from now on will be seen. */
  async watch(): Promise<void> {
    const { file, events } = this.options
    const { watch } = this.options.current().configHistory
    if (watch === (this.watched !== null) || this.closed) return
    this.watched?.close()
    this.watched = null
    if (!watch) return
    this.watched = new FileWatch({
      file,
      onChange: () => {
        this.changed()
      },
      onError: (error) => {
        events.write(configurationEvents.notWatched(file, error))
      },
    })
    await this.watched.know()
    // It may have changed while nobody looked.
    this.changed()
  }

  /**
   * Reads the file anew and puts it in force; resolves when all that had to be replaced has been.
   *
   * @throws ConfigurationError with everything that is wrong; the old configuration goes on as if nothing had been.
   */
  async reload(): Promise<ReloadReport> {
    return this.settle(await this.alone(() => this.readAndApply()))
  }

  /** The versions that were in force, oldest first; the last one is, unless the file was changed without effect. */
  versions(): Promise<ConfigurationVersion[]> {
    return this.history.list()
  }

  /**
   * Writes an earlier version into the file and puts it in force. Without a number, the last one that differs from what the
   * file says now: a change is taken back, and so is a file that was refused.
   *
   * @throws ConfigurationError if the version is not right any more; the file is as it was then.
   */
  async rollback(version?: number): Promise<ReloadReport> {
    const { file } = this.options
    const applied = await this.alone(async () => {
      const now = await readFile(file, 'utf8')
      const text = await this.textOf(version, now)
      await writeWhole(file, text)
      try {
        return await this.readAndApply()
      } catch (error) {
        await writeWhole(file, now)
        throw error
      }
    })
    return this.settle(applied)
  }

  /** Changes nothing any more; resolves when the change under way is done. */
  async close(): Promise<void> {
    this.closed = true
    this.watched?.close()
    await this.turn
  }

  private get history(): ConfigurationHistory {
    return new ConfigurationHistory(this.options.current().configHistory)
  }

  private changed(): void {
    const { file, events } = this.options
    const apply = async (): Promise<void> => {
      const text = await readFile(file, 'utf8').catch(() => null)
      if (text === this.text || this.closed) return
      await this.settle(await this.readAndApply())
    }
    this.alone(apply).catch((error: unknown) => {
      // What is wrong with a configuration has been told.
      if (!(error instanceof ConfigurationError) && !this.closed)
        events.write(configurationEvents.failed(file, error))
    })
  }

  private alone<T>(action: () => Promise<T>): Promise<T> {
    const done = this.turn.then(action)
    this.turn = done.catch(() => undefined)
    return done
  }

  private async readAndApply(): Promise<PutInForce> {
    const { file, events, check, putInForce } = this.options
    await this.watched?.know()
    let text = ''
    let applied: PutInForce
    try {
      // A file that is written once more meanwhile is another change, and will be seen as such.
      text = await readFile(file, 'utf8').catch(() => '')
      const config = await check()
      if (this.closed) throw new Error('The server is stopping')
      applied = await putInForce(config)
    } catch (error) {
      if (error instanceof ConfigurationError) {
        for (const event of configurationEvents.refused(error)) events.write(event)
      }
      throw error
    }
    const former = this.text
    this.text = text
    const { changed, needsRestart } = applied
    if (changed.length > 0 || needsRestart.length > 0) {
      events.write(configurationEvents.applied(file, applied))
      if (needsRestart.length > 0) events.write(configurationEvents.waits(file, needsRestart))
      await this.keep(former, text, [
        ...changed,
        ...needsRestart.map((key) => `${key} (with the next start)`),
      ])
    }
    await this.watch()
    return applied
  }

  private async settle({ settled, ...report }: PutInForce): Promise<ReloadReport> {
    return { ...report, takenBack: await settled }
  }

  private async textOf(version: number | undefined, now: string): Promise<string> {
    const { history } = this
    const numbers = (await history.list()).map((one) => one.version)
    if (version !== undefined) {
      if (numbers.includes(version)) return history.text(version)
      throw new Error(`There is no version ${version}; there are ${numbers.join(', ') || 'none'}`)
    }
    if (now !== this.text) return this.text
    for (const number of numbers.reverse()) {
      const text = await history.text(number)
      if (text !== now) return text
    }
    throw new Error('There is no earlier version: nothing has been changed while the server ran')
  }

  private async keep(former: string, text: string, changes: readonly string[]): Promise<void> {
    const { file, clock, events, current } = this.options
    if (!current().configHistory.enabled) return
    const about = { at: clock.now(), who: await ownerOf(file) }
    try {
      await this.history.keep({ ...about, text: former, changes: ['as it was before the next version'] })
      await this.history.keep({ ...about, text, changes })
    } catch (error) {
      events.write(configurationEvents.notKept(current().configHistory.path, error))
    }
  }
}

/** A file does not say who wrote it; whose it is comes nearest. */
const ownerOf = async (file: string): Promise<string> => {
  const { username, uid: own } = userInfo()
  const uid = await stat(file).then(
    (found) => found.uid,
    () => own,
  )
  return uid === own || own < 0 ? username : `uid ${uid}`
}
