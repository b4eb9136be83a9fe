/** Starts the built product as a user does, on free ports and in a folder of its own, and ends it again. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnNode } from './spawn-node.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
export const CLI = fileURLToPath(new URL('../../hosts/cli/main.js', import.meta.url))

export interface TestServer {
  /** Folder that holds applicationHost.json, the files and the logs. */
  readonly folder: string
  /** Ports in the order of the bindings. */
  readonly ports: readonly number[]
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly process: ChildProcess
  /** Everything that it has printed, events included. */
  output(): string
  /** Resolves when the output matches for the nth time; rejects with the output when the server ends first. */
  printed(pattern: RegExp, nth?: number): Promise<RegExpExecArray>
  /** Sends SIGTERM and resolves with the exit code when the process has ended; its folder is gone then. */
  stop(): Promise<number | null>
}

/** Writes `files` and `applicationHost.json` (an object, or text as it is) into a new folder; packages resolve in it. */
export const writeFolder = async (
  config: object | string,
  files: Record<string, string | Uint8Array> = {},
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'webgarden-'))
  await linkPackages(join(folder, 'node_modules'))
  const all = {
    ...files,
    'applicationHost.json': typeof config === 'string' ? config : JSON.stringify(config, null, 2),
  }
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

/** What the project depends on, and webgarden itself, as if a user had installed them there. */
const linkPackages = async (modules: string): Promise<void> => {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, object>
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  await Promise.all([
    ...names.map(async (name) => {
      await mkdir(dirname(join(modules, name)), { recursive: true })
      await symlink(join(ROOT, 'node_modules', name), join(modules, name))
    }),
    mkdir(modules, { recursive: true }).then(() => symlink(ROOT, join(modules, 'webgarden'))),
  ])
}

/** With flags of node it can be sent messages: `OBEYING` makes its pools take orders (`giveOrder`). Resolves when the server has printed `ready`; rejects with its output when it ends before. */
export const startServer = async (
  config: object | string,
  files: Record<string, string | Uint8Array> = {},
  nodeFlags: readonly string[] = [],
): Promise<TestServer> => {
  const folder = await writeFolder(config, files)
  const args = [...nodeFlags, CLI, 'start', '--config', join(folder, 'applicationHost.json')]
  const child = spawnNode(args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', ...(nodeFlags.length > 0 ? (['ipc'] as const) : [])],
    env: { ...process.env, NO_COLOR: '1' },
  })
  let output = ''
  let ended = false
  const watchers = new Set<() => void>()
  const heard = (chunk: Buffer): void => {
    output += chunk.toString()
    for (const watcher of watchers) watcher()
  }
  child.stdout?.on('data', heard)
  child.stderr?.on('data', heard)
  child.once('close', () => {
    ended = true
    for (const watcher of watchers) watcher()
  })
  const printed = (pattern: RegExp, nth = 1): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = nthMatch(pattern, output, nth)
        if (!match && !ended) return
        watchers.delete(look)
        if (match) resolve(match)
        else reject(new Error(`The server ended before it printed ${String(pattern)}:\n${output}`))
      }
      watchers.add(look)
      look()
    })
  const stop = async (): Promise<number | null> => {
    if (!ended) {
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    await rm(folder, { recursive: true, force: true })
    return child.exitCode
  }
  try {
    await printed(/^ready$/m)
  } catch (error) {
    await stop()
    throw error
  }
  const ports = [...output.matchAll(/^listening on \w+:\/\/.+:(\d+)$/gm)].map((match) => Number(match[1]))
  const port = ports[0] ?? 0
  return {
    folder,
    ports,
    port,
    url: `http://127.0.0.1:${port}`,
    process: child,
    output: () => output,
    printed,
    stop,
  }
}

const nthMatch = (pattern: RegExp, text: string, nth: number): RegExpExecArray | undefined =>
  [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))][nth - 1]

/** A configuration of one site on a free port of 127.0.0.1, whose applications are given by path. */
export const oneSite = (
  applications: readonly Record<string, unknown>[],
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  sites: [
    {
      name: 'Test',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications,
    },
  ],
  ...more,
})
