/**
 * Starts node as a user does: without what the test runner puts into NODE_OPTIONS, which would load its own modules into
 * the server, and into each thread and worker that it starts.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'

/** The same process id as that of node: `env` becomes what it starts. */
export const spawnNode = (args: readonly string[], options: SpawnOptions): ChildProcess =>
  spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...args], options)
