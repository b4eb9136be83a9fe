/** The versions of the configuration file that were in force: folders `CFGHISTORY_<number>` with a copy of it (IIS: configHistory). */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerConfig } from '../../core/index.js'

export interface ConfigurationVersion {
  /** Counts up from 1. */
  readonly version: number
  /** When it was put in force, milliseconds since the epoch. */
  readonly at: number
  /** Whose the file was then. */
  readonly who: string
  /** What it changed: one line each, without any values. */
  readonly changes: readonly string[]
}

export interface VersionToKeep extends Omit<ConfigurationVersion, 'version'> {
  readonly text: string
}

const COPY = 'applicationHost.json'
const ABOUT = 'about.json'
const FOLDER = /^CFGHISTORY_(\d{10})$/

export class ConfigurationHistory {
  private readonly folder: string
  private readonly most: number

  constructor({ path, maxHistories }: ServerConfig['configHistory']) {
    this.folder = path
    this.most = maxHistories
  }

  /** Oldest first; those that cannot be read are left out. */
  async list(): Promise<ConfigurationVersion[]> {
    const versions: ConfigurationVersion[] = []
    for (const version of await this.numbers()) {
      try {
        const about = JSON.parse(await readFile(join(this.folderOf(version), ABOUT), 'utf8')) as VersionToKeep
        versions.push({ version, at: about.at, who: about.who, changes: about.changes })
      } catch {
        // Half written, or not by us.
      }
    }
    return versions
  }

  /** The whole file as it was. Rejects where there is no such version. */
  text(version: number): Promise<string> {
    return readFile(join(this.folderOf(version), COPY), 'utf8')
  }

  /** Adds a version, unless it is the last one, and lets the oldest go. */
  async keep({ text, ...about }: VersionToKeep): Promise<void> {
    const numbers = await this.numbers()
    const last = numbers.at(-1) ?? 0
    if (last > 0 && (await this.text(last).catch(() => null)) === text) return
    const folder = this.folderOf(last + 1)
    // A folder under its own name is complete.
    const draft = `${folder}.new`
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft, { recursive: true, mode: 0o700 })
    await writeFile(join(draft, COPY), text, { mode: 0o600 })
    await writeFile(join(draft, ABOUT), `${JSON.stringify(about, null, 2)}\n`, { mode: 0o600 })
    await rename(draft, folder)
    for (const old of [...numbers, last + 1].slice(0, -this.most)) {
      await rm(this.folderOf(old), { recursive: true, force: true })
    }
  }

  private async numbers(): Promise<number[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names.flatMap((name) => Number(FOLDER.exec(name)?.[1] ?? NaN) || []).sort((a, b) => a - b)
  }

  private folderOf(version: number): string {
    return join(this.folder, `CFGHISTORY_${String(version).padStart(10, '0')}`)
  }
}
