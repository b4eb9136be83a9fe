/** What the figures were measured on, in words: without it they mean nothing. */
import { arch, cpus, release, totalmem, type } from 'node:os'
import type { Run } from './run.js'
import { nginxVersion } from './sides/nginx.js'

const BYTES_PER_GB = 1_073_741_824

export interface Setting {
  readonly machine: string
  readonly system: string
  readonly node: string
  readonly driver: string
  readonly nginx: string
  readonly date: string
  readonly command: string
}

export const describeSetting = async (run: Run, args: readonly string[]): Promise<Setting> => {
  const [processor] = cpus()
  const memory = Math.round(totalmem() / BYTES_PER_GB)
  return {
    machine: `${cpus().length} x ${processor?.model.trim() ?? 'unknown processor'}, ${memory} GB`,
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    driver: run.driver.name,
    nginx: (await nginxVersion()) ?? 'not installed',
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  }
}
