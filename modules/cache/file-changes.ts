/** Ends what is kept until a file changes (CacheUntilChange): watches the folders of the files that URLs lead to. */
import { watch, type FSWatcher } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Application } from '../../core/index.js'
import type { Entry } from './entry.js'

/** The system has a bound for them; beyond it responses are not kept. */
const MOST_FOLDERS = 1000
/** The clock of files goes by the system's ticks; milliseconds. */
const TICK = 20

interface Watched {
  readonly watcher: FSWatcher
  /** By name in the folder; `''` for those that stand for the whole folder. */
  readonly entries: Map<string, Set<Entry>>
}

export class FileChanges {
  private readonly folders = new Map<string, Watched>()

  /**
   * From now on `entry` ends when the file changes that its URL leads to. Answers false where it must not be kept: there
   * is no such file, it has changed since `requestedAt` (milliseconds since the epoch), or it cannot be watched.
   */
  async follow(entry: Entry, application: Application, path: string, requestedAt: number): Promise<boolean> {
    const file = fileOf(application, path)
    try {
      const real = await realpath(file)
      const places = new Set([file, real])
      const isFolder = (await stat(real)).isDirectory()
      for (const place of places)
        if (!this.watch(isFolder ? place : dirname(place), isFolder ? '' : basename(place), entry)) {
          entry.retire()
          return false
        }
      // Only now: what happens after it is seen by the watch.
      const { ctimeMs } = await stat(real)
      if (ctimeMs + TICK < requestedAt && entry.live) return true
    } catch {
      // Not there, or gone meanwhile.
    }
    entry.retire()
    return false
  }

  close(): void {
    for (const { watcher } of this.folders.values()) watcher.close()
    this.folders.clear()
  }

  private watch(folder: string, name: string, entry: Entry): boolean {
    let watched = this.folders.get(folder)
    if (!watched) {
      if (this.folders.size >= MOST_FOLDERS) return false
      this.folders.set(folder, (watched = this.open(folder)))
    }
    const { entries } = watched
    let same = entries.get(name)
    if (!same) entries.set(name, (same = new Set()))
    same.add(entry)
    const before = entry.onRetired
    entry.onRetired = () => {
      before?.()
      this.leave(folder, name, entry)
    }
    return true
  }

  private open(folder: string): Watched {
    const watcher = watch(folder, { persistent: false })
    watcher.on('change', (_event, name) => {
      this.changed(folder, typeof name === 'string' ? name : null)
    })
    watcher.on('error', () => {
      this.changed(folder, null)
    })
    return { watcher, entries: new Map() }
  }

  /** @param name - null: nobody can say which of them. */
  private changed(folder: string, name: string | null): void {
    const watched = this.folders.get(folder)
    if (!watched) return
    // A folder that is moved or removed tells of itself.
    const all = name === null || name === basename(folder)
    const ended = all ? [...watched.entries.values()] : [watched.entries.get(name), watched.entries.get('')]
    for (const entries of ended) for (const entry of [...(entries ?? [])]) entry.retire()
  }

  private leave(folder: string, name: string, entry: Entry): void {
    const watched = this.folders.get(folder)
    const same = watched?.entries.get(name)
    if (!watched || !same) return
    same.delete(entry)
    if (same.size === 0) watched.entries.delete(name)
    if (watched.entries.size > 0) return
    watched.watcher.close()
    this.folders.delete(folder)
  }
}

/** Below the application's folder; the path is normal, so that it leads nowhere else. */
const fileOf = (application: Application, path: string): string => {
  const below = application.path === '/' ? path : path.slice(application.path.length)
  return join(application.config.physicalPath, below)
}
