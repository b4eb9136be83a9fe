/** The new server's side of a restart: asks the server whose place it takes for its sockets, and tells it when to go. */
import { ConfigurationError } from '../../core/index.js'
import { PREDECESSOR, type ControlPlace, type FromPredecessor, type FromSuccessor } from './messages.js'
import { notifySystemd } from './notify-systemd.js'

/** What it leaves behind. */
export interface Estate {
  /** Listening sockets by the keys of their endpoints. */
  readonly sockets: ReadonlyMap<string, object>
  /** Where its control socket is; null where it has none. */
  readonly control: string | null
}

export class Predecessor {
  readonly pid: number
  /** Resolves when it has ended: from then on nobody else writes to the same files. */
  readonly ended: Promise<void>
  hasEnded = false
  /** It stays behind the new one, since somebody waits for its process. */
  stays = false
  private readonly sockets = new Map<string, object>()
  private tell: (message: Extract<FromPredecessor, { kind: 'sockets' | 'over' }>) => void = () => undefined
  private isReady = false
  private over = false

  /** The one that has started this process to take its place; null for any other start. */
  static find(): Predecessor | null {
    const pid = Number(process.env[PREDECESSOR])
    // Workers, and what they start, are nobody's successors.
    delete process.env.WEBGARDEN_PREDECESSOR
    if (!(pid > 0 && process.send)) return null
    // It has ended while this process was loading, before anybody could hear of it.
    if (!process.connected) process.exit(1)
    return new Predecessor(pid)
  }

  private constructor(pid: number) {
    this.pid = pid
    process.on('message', (message, handle) => {
      const known = message as FromPredecessor
      if (known.kind !== 'socket') this.tell(known)
      else if (handle) this.sockets.set(known.key, handle)
    })
    this.ended = new Promise((resolve) => {
      process.once('disconnect', () => {
        this.hasEnded = true
        resolve()
        // Ready, the new one goes on without it. With half of what it needs it would stand in the way of the next start.
        if (this.isReady) this.tell({ kind: 'over' })
        else if (!this.over) process.exit(1)
      })
    })
  }

  /** The configuration is right; these sockets are wanted. Nothing is accepted on them before somebody listens. */
  async inherit(wants: readonly string[]): Promise<Estate> {
    const told = this.next()
    await post({ kind: 'checked', wants })
    const message = await told
    if (message.kind !== 'sockets') throw new Error('the server that is to be replaced lost its thread')
    this.stays = message.stays
    return { sockets: this.sockets, control: message.control }
  }

  /** The new server accepts; resolves when the old one accepts no more, and has given its control socket's name away. */
  async replace(control: ControlPlace | null): Promise<void> {
    await notifySystemd([`MAINPID=${process.pid}`, 'READY=1'])
    const told = this.next()
    this.isReady = true
    await post({ kind: 'ready', control }).catch(() => undefined)
    await told
    this.over = true
    process.channel?.unref()
  }

  /** The old one goes on; it tells whoever asked for the restart. */
  async failed(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error)
    const configuration =
      error instanceof ConfigurationError ? { file: error.file, problems: error.problems } : undefined
    await post({ kind: 'failed', message, ...(configuration ? { configuration } : {}) }).catch(
      () => undefined,
    )
    this.over = true
    if (process.connected) process.disconnect()
  }

  private next(): Promise<FromPredecessor> {
    return new Promise((resolve) => {
      this.tell = resolve
    })
  }
}

const post = (message: FromSuccessor): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error: Error | null) => {
      if (error) reject(error)
      else resolve()
    })
  })
