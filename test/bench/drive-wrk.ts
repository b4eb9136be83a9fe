/** Drives a server with wrk: one thread, as many requests as the connections give. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { browserHeaders } from './browser-headers.js'
import { CONNECTIONS, type Load, type LoadResult } from './load.js'
import { runProgram } from './processes.js'

/** Null where wrk is not installed. */
export const wrkVersion = async (): Promise<string | null> => {
  try {
    await runProgram('wrk', ['-v'])
    return null
  } catch (error) {
    // wrk -v prints its version and ends with 1.
    const match = /^wrk (?:debian\/)?(\d[\d.]*)/m.exec((error as Error).message)
    return match ? `wrk ${match[1] ?? ''}` : null
  }
}

export const driveWrk = async (load: Load): Promise<LoadResult> => {
  const headers = load.host === undefined ? { ...browserHeaders } : { ...browserHeaders, Host: load.host }
  const fixed = ['-t1', `-c${load.connections ?? CONNECTIONS}`, `-d${load.seconds}s`]
  if (load.bodySize === undefined)
    return parse(await runProgram('wrk', [...fixed, ...asArgs(headers), load.url]))
  const folder = await mkdtemp(join(tmpdir(), 'webgarden-wrk-'))
  const script = join(folder, 'body.lua')
  try {
    await writeFile(script, `wrk.method = "POST"\nwrk.body = string.rep("x", ${load.bodySize})\n`)
    const post = asArgs({ ...headers, 'Content-Type': 'application/octet-stream' })
    return parse(await runProgram('wrk', [...fixed, ...post, '-s', script, load.url]))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const asArgs = (headers: Readonly<Record<string, string>>): string[] =>
  Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])

const parse = (output: string): LoadResult => {
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0)
  const perSecond = number(/^Requests\/sec:\s+([\d.]+)$/m)
  const requests = number(/^\s+(\d+) requests in /m)
  if (!output.includes(' requests in ')) throw new Error(`wrk printed no result:\n${output}`)
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output) ?? []
  const socketErrors = sockets.slice(1).reduce((sum, count) => sum + Number(count), 0)
  return { requests, perSecond, failures: number(/Non-2xx or 3xx responses: (\d+)/) + socketErrors }
}
