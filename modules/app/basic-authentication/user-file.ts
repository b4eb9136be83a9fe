/** Names and password hashes of a file such as `htpasswd -B` writes, read again when it has changed. */
import { readFile, stat } from 'node:fs/promises'
import { isKnownHash } from './verify-password.js'

/** How often it is looked at, milliseconds. */
const LOOK_EVERY = 1_000

export class UserFile {
  private readonly path: string
  private readonly tell: (text: string) => void
  private hashes: ReadonlyMap<string, string> = new Map()
  private version = ''
  private lookedAt = 0
  private looking: Promise<void> | null = null

  /** @param tell - gets what is wrong with a changed file; the users of before go on */
  constructor(path: string, tell: (text: string) => void) {
    this.path = path
    this.tell = tell
  }

  /** @throws Error that says what is wrong with the file. */
  async open(): Promise<void> {
    this.version = await this.versionOf()
    this.hashes = parseUsers(await readFile(this.path, 'utf8'), this.path)
    this.lookedAt = Date.now()
  }

  async users(): Promise<ReadonlyMap<string, string>> {
    if (Date.now() - this.lookedAt >= LOOK_EVERY) {
      this.looking ??= this.look().finally(() => (this.looking = null))
      await this.looking
    }
    return this.hashes
  }

  private async look(): Promise<void> {
    this.lookedAt = Date.now()
    try {
      const version = await this.versionOf()
      if (version === this.version) return
      this.version = version
      this.hashes = parseUsers(await readFile(this.path, 'utf8'), this.path)
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error))
    }
  }

  private async versionOf(): Promise<string> {
    const { mtimeMs, size, ino } = await stat(this.path)
    return `${mtimeMs} ${size} ${ino}`
  }
}

/** @throws Error that names the line. */
export const parseUsers = (text: string, file: string): Map<string, string> => {
  const users = new Map<string, string>()
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const at = line.indexOf(':')
    const hash = line.slice(at + 1).trim()
    if (at < 1 || !isKnownHash(hash)) {
      throw new Error(
        `${file}:${index + 1}: write NAME:HASH, with a hash of bcrypt ("htpasswd -B") or scrypt; others are not safe`,
      )
    }
    users.set(line.slice(0, at), hash)
  })
  return users
}
