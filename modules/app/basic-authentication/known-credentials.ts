/** Remembers for a while which credentials were right: each request brings them, and to check them is slow on purpose. */
import { createHmac, randomBytes } from 'node:crypto'

const MOST = 1_000

export class KnownCredentials {
  private readonly key = randomBytes(32)
  private readonly until = new Map<string, number>()
  private readonly milliseconds: number

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }

  /** The hash is part of it: where the password was changed, the old one is not known. */
  tokenOf(name: string, password: string, hash: string): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([name, password, hash]))
      .digest('base64')
  }

  has(token: string, now = Date.now()): boolean {
    const until = this.until.get(token)
    if (until === undefined) return false
    if (until > now) return true
    this.until.delete(token)
    return false
  }

  add(token: string, now = Date.now()): void {
    if (this.milliseconds === 0) return
    this.until.delete(token)
    this.until.set(token, now + this.milliseconds)
    if (this.until.size <= MOST) return
    const [oldest] = this.until.keys()
    if (oldest !== undefined) this.until.delete(oldest)
  }
}
