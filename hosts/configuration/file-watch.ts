/** Sees that a file has changed, also when an editor puts another one in its place, or a link in its folder leads elsewhere. */
import { realpathSync, watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Milliseconds of quiet that make a change complete: editors write in several steps. */
const QUIET = 200

export interface FileWatchOptions {
  /** Absolute. */
  readonly file: string
  /** The file is another one than before, and has been quiet for a while. */
  readonly onChange: () => void
  /** It cannot be watched any more. */
  readonly onError: (error: Error) => void
}

/**
 * Watches the folder, because a file that is replaced by `rename` takes its own watcher with it. Other files of the folder
 * may change as often as they like: of this one only its state is asked, at most once in a while.
 */
export class FileWatch {
  private readonly options: FileWatchOptions
  private readonly watchers: FSWatcher[] = []
  private timer: NodeJS.Timeout | null = null
  private seen = ''
  private closed = false

  constructor(options: FileWatchOptions) {
    this.options = options
    try {
      // Where the file is a link, what it points to may be written in another folder.
      const folders = new Set([options.file, realpathSync(options.file)].map((file) => dirname(file)))
      for (const folder of folders) {
        const watcher = watch(folder, { persistent: false }, () => {
          this.lookSoon()
        })
        watcher.on('error', options.onError)
        this.watchers.push(watcher)
      }
    } catch (error) {
      options.onError(error as Error)
    }
  }

  /** What is there now is known already. Resolves when a later change will be seen. */
  async know(): Promise<void> {
    this.seen = (await this.state()).key
  }

  close(): void {
    this.closed = true
    for (const watcher of this.watchers) watcher.close()
    if (this.timer) clearTimeout(this.timer)
  }

  private lookSoon(): void {
    if (this.closed) return
    this.timer ??= setTimeout(() => {
      this.timer = null
      void this.look()
    }, QUIET).unref()
  }

  private async look(): Promise<void> {
    const { key, at } = await this.state()
    if (this.closed || key === this.seen) return
    const age = Date.now() - at
    // Still being written. What is gone, or emptied, may be about to come back: that is another event.
    if (age >= 0 && age < QUIET) this.lookSoon()
    else if (key !== NOTHING) {
      this.seen = key
      this.options.onChange()
    }
  }

  private async state(): Promise<{ key: string; at: number }> {
    try {
      const { dev, ino, size, mtimeMs } = await stat(this.options.file)
      return { key: size === 0 ? NOTHING : `${dev} ${ino} ${size} ${mtimeMs}`, at: mtimeMs }
    } catch {
      return { key: NOTHING, at: 0 }
    }
  }
}

/** No file, or an empty one: who writes a file anew empties it first, and may be held up then. */
const NOTHING = 'nothing'
