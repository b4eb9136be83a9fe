/** The listening sockets that systemd hands over to the server (sd_listen_fds(3)): LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES. */

/** The first of them; the others follow. */
const FIRST = 3

export class HandedOver {
  private readonly byName = new Map<string, number[]>()
  private readonly names: string[] = []

  /** Takes the variables out of the environment: no process that is started later shall believe that they are its own. */
  constructor(environment: Record<string, string | undefined>, pid: number) {
    const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = environment
    for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'])
      Reflect.deleteProperty(environment, name)
    if (LISTEN_PID !== String(pid)) return
    const count = Number(LISTEN_FDS)
    const given = LISTEN_FDNAMES?.split(':') ?? []
    for (let i = 0; i < count; i++) {
      const name = given[i] ?? ''
      this.names.push(name)
      for (const key of [name, String(FIRST + i)]) {
        if (key !== '') this.byName.set(key, [...(this.byName.get(key) ?? []), FIRST + i])
      }
    }
  }

  /** Whether a socket of this name, or number, is there. */
  has(name: string): boolean {
    return (this.byName.get(name)?.length ?? 0) > 0
  }

  /**
   * The number of its descriptor; each can be had once.
   *
   * @throws Error, with a code, where there is none or it has been closed.
   */
  take(name: string): number {
    const fd = this.byName.get(name)?.[0]
    if (fd === undefined) {
      const there =
        this.names.length === 0 ? 'none' : this.names.map((one, at) => one || String(FIRST + at)).join(', ')
      throw Object.assign(new Error(`systemd has handed over ${there}`), { code: 'ENOTHANDED' })
    }
    for (const [key, fds] of this.byName)
      this.byName.set(
        key,
        fds.filter((one) => one !== fd),
      )
    return fd
  }
}

export const handedOver = new HandedOver(process.env, process.pid)
