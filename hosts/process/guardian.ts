/**
 * Sees to it that a worker's whole process tree ends with the worker, and all of them with the server, however that ends.
 *
 * A shell of its own does it, because it must be there when the server is gone (kill -9) and act when a worker cannot: one
 * that spins, or that was stopped by a signal. It reads whom to guard from a pipe; the end of the pipe is the end of the
 * server.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'

/** Names the worker in the environment of all that descends from it. */
export const MARK = 'WEBGARDEN_WORKER'

/**
 * `guard GROUP WORKER`, `bury GROUP WORKER`, and `spare GROUP WORKER` for an orphan that is to outlive the server. Whoever
 * left the group (setsid) is found by the mark in its environment where the system shows that (Linux); more than once, since
 * it may start others meanwhile.
 */
const SCRIPT = `
trap '' HUP INT TERM
sweep() {
  for round in 1 2 3; do
    found=$(grep -lsF "${MARK}=$1" /proc/[0-9]*/environ)
    [ -n "$found" ] || return
    for file in $found; do
      for mark in $spared; do grep -qsF "${MARK}=$mark" "$file" && continue 2; done
      file=\${file#/proc/}
      kill -9 "\${file%/environ}"
    done
  done
}
while read -r word group worker; do
  if [ "$word" = guard ]; then groups="$groups $group"; continue; fi
  [ "$word" = bury ] && kill -9 "-$group"
  rest=
  for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
  groups=$rest
  if [ "$word" = spare ]; then spared="$spared $1-$worker."; else sweep "$1-$worker."; fi
done
for group in $groups; do kill -9 "-$group"; done
sweep "$1-"
`

class Guardian {
  /** Different for each server, or one would bury the workers of another. */
  private readonly server = randomBytes(8).toString('hex')
  private readonly guarded = new Map<number, number>()
  private readonly orphans = new Set<number>()
  private shell: ChildProcess | null = null

  /** What the worker's environment must say under `MARK`. */
  markOf(worker: number): string {
    return `${this.server}-${worker}.`
  }

  guard(group: number, worker: number): void {
    this.guarded.set(group, worker)
    if (this.shell) this.tell(`guard ${group} ${worker}`)
    else this.start()
  }

  /** The worker has ended: ends what it has started and left behind. */
  bury(group: number): void {
    const worker = this.guarded.get(group)
    if (worker === undefined) return
    this.guarded.delete(group)
    this.orphans.delete(group)
    this.tell(`bury ${group} ${worker}`)
  }

  /** The worker is left to a debugger: it outlives a server that ends by itself, but not one that is killed or fails. */
  orphan(group: number): void {
    if (!process.listeners('exit').includes(this.spare)) process.once('exit', this.spare)
    this.orphans.add(group)
  }

  /** An orphan is ended after all: with everything that it has started, should the server end meanwhile. */
  reclaim(group: number): void {
    this.orphans.delete(group)
  }

  /** At the end of the server: a pipe that nothing waits for takes these few bytes at once. */
  private readonly spare = (exitCode: number): void => {
    if (exitCode !== 0) return
    for (const group of this.orphans) this.tell(`spare ${group} ${this.guarded.get(group) ?? ''}`)
  }

  private start(): void {
    // In a session of its own: neither Ctrl-C nor a signal to the server's group may end it.
    const shell: ChildProcess = spawn('/bin/sh', ['-c', SCRIPT, 'webgarden-guardian', this.server], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.shell = shell
    const gone = (): void => {
      if (this.shell !== shell) return
      this.shell = null
      if (shell.pid !== undefined && this.guarded.size > 0) this.start()
    }
    shell.once('error', gone)
    shell.once('exit', gone)
    // Without one (no more descriptors, say) workers still notice the end of their own pipes.
    const pipe = shell.stdin as Socket | null | undefined
    pipe?.on('error', () => undefined)
    shell.unref()
    pipe?.unref()
    for (const [group, worker] of this.guarded) this.tell(`guard ${group} ${worker}`)
  }

  private tell(line: string): void {
    this.shell?.stdin?.write(`${line}\n`)
  }
}

/** One for the whole server. */
export const guardian = new Guardian()
