/**
 * Sees to it that the programs which an application runs end with its worker, however that ends.
 *
 * A thread can be terminated, and then none of its code runs any more; its pipes close, though. A small shell waits for that
 * and ends the groups that are left. It is one for each worker, and starts with the first program.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/** In the background, so that what node started ends at once: the loop of a worker that has ended collects no process. */
const SCRIPT = `
(
trap '' HUP INT TERM
while read -r word group; do
  if [ "$word" = guard ]; then groups="$groups $group"; continue; fi
  rest=
  for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
  groups=$rest
done
for group in $groups; do kill -9 "-$group"; done
) <&3 3<&- &
`

class ChildGroups {
  private readonly guarded = new Set<number>()
  private shell: ChildProcess | null = null

  /** From now on the group, whose leader was started `detached`, ends with the worker. */
  guard(group: number): void {
    this.guarded.add(group)
    if (this.shell) this.tell(`guard ${group}`)
    else this.start()
  }

  /** The leader has ended: whatever else is left of its group ends too. */
  bury(group: number): void {
    if (!this.guarded.delete(group)) return
    this.signal(group, 'SIGKILL')
    this.tell(`forget ${group}`)
  }

  signal(group: number, name: NodeJS.Signals): void {
    try {
      process.kill(process.platform === 'win32' ? group : -group, name)
    } catch {
      // Nobody is left.
    }
  }

  private start(): void {
    if (process.platform === 'win32') return
    const shell: ChildProcess = spawn('/bin/sh', ['-c', SCRIPT, 'webgarden-child-groups'], {
      // Not as its standard input, which node closes at its exit.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
    })
    this.shell = shell
    const gone = (): void => {
      if (this.shell !== shell) return
      this.shell = null
      if (shell.pid !== undefined && this.guarded.size > 0) this.start()
    }
    shell.once('error', gone)
    const pipe = shell.stdio[3] as Socket | null | undefined
    pipe?.on('error', gone)
    shell.unref()
    pipe?.unref()
    for (const group of this.guarded) this.tell(`guard ${group}`)
  }

  private tell(line: string): void {
    const pipe = this.shell?.stdio[3] as Socket | null | undefined
    pipe?.write(`${line}\n`)
  }
}

/** One for the whole worker. */
export const childGroups = new ChildGroups()
