/** Starts processes and knows each of them until it has ended, so that nothing is left over, on Ctrl-C neither. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** What a process gets to end by itself before it is killed, in milliseconds. */
const GRACE = 5000

const running = new Set<ChildProcess>()

export interface Started {
  readonly pid: number
  readonly process: ChildProcess
  /** What the pattern of `startProcess` found in the output. */
  readonly found: RegExpExecArray
  /** Everything that it has printed. */
  output(): string
  /** Resolves when the process has ended. */
  stop(): Promise<void>
}

/** `more` is a channel for messages. Resolves when the output matches `ready`; rejects with the output when the process ends before that. */
export const startProcess = async (
  command: string,
  args: readonly string[],
  ready: RegExp,
  more: readonly 'ipc'[] = [],
): Promise<Started> => {
  const child = launch(command, args, more)
  let output = ''
  const found = await new Promise<RegExpExecArray>((resolve, reject) => {
    const heard = (chunk: Buffer): void => {
      output += chunk.toString()
      const match = ready.exec(output)
      if (match) resolve(match)
    }
    child.stdout?.on('data', heard)
    child.stderr?.on('data', heard)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      reject(
        new Error(`${commandLine(command, args)} ended (${code ?? String(signal)}) too early:\n${output}`),
      )
    })
  })
  return { pid: child.pid ?? 0, process: child, found, output: () => output, stop: () => end(child) }
}

/** Resolves with what a program printed when it ends with 0; rejects with it otherwise. */
export const runProgram = async (command: string, args: readonly string[]): Promise<string> => {
  const child = launch(command, args)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return output
  throw new Error(`${commandLine(command, args)} ended with ${String(code)}:\n${output}`)
}

/** Ends everything that still runs. */
export const stopEverything = async (): Promise<void> => {
  await Promise.all([...running].map(end))
}

const launch = (command: string, args: readonly string[], more: readonly 'ipc'[] = []): ChildProcess => {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...more],
    env: { ...process.env, NO_COLOR: '1' },
  })
  running.add(child)
  const forget = (): void => {
    running.delete(child)
  }
  child.once('close', forget)
  child.once('error', forget)
  return child
}

const end = async (child: ChildProcess): Promise<void> => {
  if (!running.has(child)) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  const grace = new AbortController()
  const killed = delay(GRACE, undefined, { signal: grace.signal }).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  )
  await closed
  grace.abort()
  await killed
}

const commandLine = (command: string, args: readonly string[]): string => [command, ...args].join(' ')
