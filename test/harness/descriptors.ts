/** What a server holds on to: open descriptors, threads and memory, as the system counts them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestServer } from './server.js'

/** The names of the sockets that a process has open. */
export const openSockets = (pid: number): string[] => {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder)
    .map((name) => {
      try {
        return readlinkSync(`${folder}/${name}`)
      } catch {
        // Closed since it was listed.
        return ''
      }
    })
    .filter((target) => target.startsWith('socket:'))
}

/** Sockets that it has open. */
export const socketsOf = ({ process }: TestServer): number => openSockets(process.pid ?? 0).length

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
