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

/** @param place - of the worker in its web garden, from 1 */
export const planAffinity = ({ name, cpu }: PoolConfig, place: number): Affinity => {
  if (!cpu.smpAffinitized) return { prefix: [], event: undefined }
  const mask = (BigInt(cpu.smpProcessorAffinityMask2) << 32n) | BigInt(cpu.smpProcessorAffinityMask)
  const taskset = findProgram('taskset')
  if (taskset === undefined) return refused(name, mask, 'the program taskset (util-linux) is not installed')
  const usable = mask & allowed()
  if (usable === 0n) return refused(name, mask, 'the server may use none of these processors')
  const own = cpu.smpAffinityPerWorker ? oneOf(usable, place) : mask
  return { prefix: [taskset, own.toString(16)], event: undefined }
}

/** The first processor of the mask for the first place, and so on; from the first again where there are more places. */
const oneOf = (mask: bigint, place: number): bigint => {
  const processors: bigint[] = []
  for (let rest = mask; rest !== 0n; rest &= rest - 1n) processors.push(rest & -rest)
  return processors[(place - 1) % processors.length] ?? mask
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
