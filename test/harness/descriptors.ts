/** What a server holds on to: open descriptors, threads and memory, as the system counts them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestServer } from './server.js'

/** Sockets that it has open. */
export const socketsOf = ({ process }: TestServer): number => {
  const folder = `/proc/${process.pid ?? 0}/fd`
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:')
    } catch {
      // Closed since it was listed.
      return false
    }
  }).length
}

export const descriptorsOf = ({ process }: TestServer): number =>
  readdirSync(`/proc/${process.pid ?? 0}/fd`).length

export const threadsOf = ({ process }: TestServer): number =>
  readdirSync(`/proc/${process.pid ?? 0}/task`).length

/** Resident memory in MB. */
export const memoryOf = ({ process }: TestServer): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${process.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024

/** Resolves when it is so; looks again and again, because the system tells nobody. */
export const becomes = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await delay(20)
}
