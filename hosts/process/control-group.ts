/** Holds a worker process, and whatever it starts, to its share of processor time by a control group of its own (cgroup v2). */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Microseconds over which the share is counted: the kernel's own default. */
const PERIOD = 100_000

/** Milliseconds between two looks at whether it was held. */
const LOOK = 1_000

/** Where Linux has them: cgroups(7). */
const SYSTEM = { root: '/sys/fs/cgroup', self: '/proc/self/cgroup' }

export class ControlGroup {
  private readonly folder: string
  private readonly onHeld: () => void
  private timer: NodeJS.Timeout | undefined
  private held = 0

  private constructor(folder: string, onHeld: () => void) {
    this.folder = folder
    this.onHeld = onHeld
  }

  /**
   * Undefined where the server has not been given control groups to write: that is a unit of systemd with `Delegate=cpu` and
   * `DelegateSubgroup=`, since processes live in leaves only. Groups of anybody else are let alone, though root could.
   *
   * @param share - processors that it may use: 0.5 is half of one
   * @param onHeld - runs about once a second while it is held
   */
  static of(
    pid: number,
    share: number,
    onHeld: () => void,
    { root, self } = SYSTEM,
  ): ControlGroup | undefined {
    try {
      const own = /^0::(\/.*)$/m.exec(readFileSync(self, 'utf8'))?.[1] ?? '/'
      const unit = dirname(own)
      if (!/\.(service|scope)$/.test(unit)) return undefined
      const controllers = readFileSync(join(root, unit, 'cgroup.subtree_control'), 'utf8')
        .trim()
        .split(' ')
      if (!controllers.includes('cpu')) return undefined
      const folder = join(root, unit, `worker-${pid}`)
      mkdirSync(folder)
      return ControlGroup.fill(new ControlGroup(folder, onHeld), pid, share)
    } catch {
      // No such file, or no permission: there is another way.
      return undefined
    }
  }

  private static fill(group: ControlGroup, pid: number, share: number): ControlGroup | undefined {
    try {
      writeFileSync(join(group.folder, 'cpu.max'), `${Math.max(1_000, Math.round(share * PERIOD))} ${PERIOD}`)
      writeFileSync(join(group.folder, 'cgroup.procs'), String(pid))
      return group
    } catch {
      group.end()
      return undefined
    }
  }

  start(): void {
    this.timer = setInterval(() => {
      this.look()
    }, LOOK).unref()
  }

  /** Whoever is in it still is held no more. */
  end(): void {
    clearInterval(this.timer)
    try {
      writeFileSync(join(this.folder, 'cpu.max'), `max ${PERIOD}`)
    } catch {
      return
    }
    if (!this.remove()) setTimeout(() => this.remove(), LOOK).unref()
  }

  /** It cannot go before all who were in it have; called again when the worker has ended. */
  private remove(): boolean {
    try {
      rmdirSync(this.folder)
      return true
    } catch {
      return false
    }
  }

  private look(): void {
    try {
      const stat = readFileSync(join(this.folder, 'cpu.stat'), 'utf8')
      const held = Number(/^nr_throttled (\d+)$/m.exec(stat)?.[1] ?? 0)
      if (held > this.held) this.onHeld()
      this.held = held
    } catch {
      // It has gone.
    }
  }
}
