/** What the system knows of a process: memory in use and processor time spent (Linux). */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const KB_PER_MB = 1024

/** Length of a look at a process, in milliseconds, and of the system's clock ticks. */
const LOOK = 200
const TICK = 10

/** Whether this system tells. */
export const processFactsKnown = existsSync('/proc/self/status')

/** Resident memory of a process, in MB. */
export const residentMemory = (pid: number): number => {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!match) throw new Error(`/proc/${pid}/status has no VmRSS`)
  return Number(match[1]) / KB_PER_MB
}

/** Share of one processor that a process uses at the moment: 1 is a thread that never waits. */
export const processorUse = async (pid: number): Promise<number> => {
  const before = processorTime(pid)
  const from = performance.now()
  await delay(LOOK)
  return (processorTime(pid) - before) / (performance.now() - from)
}

/** Milliseconds of user and system time: fields 14 and 15 of proc(5) stat, counted behind the name in brackets. */
const processorTime = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK
}
