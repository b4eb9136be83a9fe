/** Binds a worker process to processors: `smpAffinitized` and its masks. */
import { readFileSync } from 'node:fs'
import { findProgram } from '../../core/config/find-program.js'
import type { PoolConfig } from '../../core/contract/config.js'
import type { ServerEvent } from '../../core/contract/events.js'
import { wasEvents } from '../../core/was/events.js'

export interface Affinity {
  /** What stands before the command, so that the process is bound from its first instruction. */
  readonly prefix: readonly string[]
  /** Why it cannot be bound: then it runs anywhere, as with IIS. */
  readonly event: ServerEvent | undefined
}

export const planAffinity = ({ name, cpu }: PoolConfig): Affinity => {
  if (!cpu.smpAffinitized) return { prefix: [], event: undefined }
  const mask = (BigInt(cpu.smpProcessorAffinityMask2) << 32n) | BigInt(cpu.smpProcessorAffinityMask)
  const taskset = findProgram('taskset')
  if (taskset === undefined) return refused(name, mask, 'the program taskset (util-linux) is not installed')
  if ((mask & allowed()) === 0n) return refused(name, mask, 'the server may use none of these processors')
  return { prefix: [taskset, mask.toString(16)], event: undefined }
}

const refused = (pool: string, mask: bigint, why: string): Affinity => ({
  prefix: [],
  event: wasEvents.affinityFailed(pool, mask.toString(16), why),
})

/** The processors that the server may use, and with it what it starts: proc(5), status. */
const allowed = (): bigint => {
  const [, list = ''] = /^Cpus_allowed:\s*([\da-f,]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return BigInt(`0x${list.replaceAll(',', '') || 'f'.repeat(16)}`)
}
