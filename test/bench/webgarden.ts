/** Starts webgarden as users do, with a configuration in a folder of its own and W3C logging on. */
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'
import { startProcess } from './processes.js'
import type { Run } from './run.js'

const CLI = fileURLToPath(new URL('../../hosts/cli/main.js', import.meta.url))

/** A log line of a browser's request is longer than that. */
const SHORTEST_LINE = 100

/** Absolute path of an application of the benchmark. */
export const applicationFile = (name: string): string =>
  fileURLToPath(new URL(`./apps/${name}.js`, import.meta.url))

export interface Webgarden {
  readonly pid: number
  readonly process: ChildProcess
  /** Of the first binding: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** Seconds from the start of the process to its `ready`. */
  readonly readyAfter: number
  /** When the process was started, on the clock of `performance.now()`. */
  readonly startedAt: number
  /** Everything that it has printed. */
  output(): string
  /** @throws Error when the logs are too short for so many requests. */
  stop(requests?: number): Promise<void>
}

/** With flags of node it can be sent messages. */
export const startWebgarden = async (
  run: Run,
  config: Readonly<Record<string, unknown>>,
  nodeFlags: readonly string[] = [],
): Promise<Webgarden> => {
  const folder = await mkdtemp(join(run.folder, 'webgarden-'))
  const file = join(folder, 'applicationHost.json')
  await writeFile(file, JSON.stringify({ siteDefaults: { logFile: { directory: 'logs' } }, ...config }))
  const startedAt = performance.now()
  const args = [...nodeFlags, CLI, 'start', '--config', file]
  const server = await startProcess(process.execPath, args, /^ready$/m, nodeFlags.length > 0 ? ['ipc'] : [])
  const readyAfter = (performance.now() - startedAt) / 1000
  const [, url = ''] = /^listening on (\S+)$/m.exec(server.output()) ?? []
  const stop = async (requests = 0): Promise<void> => {
    await server.stop()
    const size = requests === 0 ? 0 : await sizeOf(join(folder, 'logs'))
    if (size < requests * SHORTEST_LINE)
      throw new Error(`${requests} requests were answered, but the logs in ${folder} have ${size} bytes`)
  }
  return {
    pid: server.pid,
    process: server.process,
    url,
    readyAfter,
    startedAt,
    output: () => server.output(),
    stop,
  }
}

/** A site on a free port of 127.0.0.1. */
export const oneSite = (applications: readonly Record<string, unknown>[]): Record<string, unknown> => ({
  name: 'Bench',
  bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
  applications,
})

const sizeOf = async (folder: string): Promise<number> => {
  const names = await readdir(folder, { recursive: true })
  const all = await Promise.all(names.map((name) => stat(join(folder, name))))
  return all.reduce((sum, one) => sum + (one.isFile() ? one.size : 0), 0)
}
