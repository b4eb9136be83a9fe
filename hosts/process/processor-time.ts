/** Processor time of a process, as Linux tells it. */
import { readFileSync } from 'node:fs'

/** Milliseconds of one tick of proc(5): `getconf CLK_TCK` is 100 on every Linux that Node runs on. */
const TICK = 10

/**
 * Milliseconds that the process and the children that it has waited for have used; undefined where nobody tells. Children
 * that still run are not counted before they have ended.
 */
export const processorTime = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // utime, stime, cutime, cstime: fields 14 to 17, behind the name in brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK, 0)
  } catch {
    return undefined
  }
}
