/** Starts a program in a process group that ends with the worker, also when that is terminated or killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * A shell leads the group and becomes the program; what it leaves behind waits for the end of a pipe that only the worker
 * holds, and ends the group then. It also keeps the group's number from being given to anybody else.
 */
const SCRIPT = `
( trap '' HUP INT TERM; while read -r word <&3; do :; done; kill -9 "-$$" ) >/dev/null 2>&1 </dev/null &
exec "$@" 3<&-
`

export interface Guarded {
  readonly child: ChildProcess
  /** To the whole group. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
}

/** @param output - where its standard output and error go */
export const startGuarded = (
  command: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  output: number | 'pipe',
): Guarded => {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'webgarden-program', ...command], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  })
  const pipe = child.stdio[3] as Socket | null | undefined
  pipe?.on('error', () => undefined)
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, name)
    } catch {
      // All of it has ended.
    }
  }
  // What the program has started ends with it.
  child.once('exit', () => {
    signal('SIGKILL')
  })
  return { child, signal }
}
