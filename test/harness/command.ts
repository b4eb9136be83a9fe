/** Runs the built `webgarden` command as a user does, and tells what it printed. */
import type { ChildProcess } from 'node:child_process'
import { CLI } from './server.js'
import { spawnNode } from './spawn-node.js'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  readonly done: Promise<Ran>
}

/** Starts it in `folder`, with no terminal. */
export const begin = (folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Running => {
  const child = spawnNode([CLI, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const done = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, stdout, stderr })
    })
  })
  return { process: child, done }
}

/** One command line, divided at blanks; names with blanks are given as a list. */
export const webgarden = (folder: string, words: string | readonly string[]): Promise<Ran> =>
  begin(folder, typeof words === 'string' ? words.split(' ') : words).done
