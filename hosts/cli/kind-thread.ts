/** The thread of `webgarden try` that looks what a file exports. */
import { parentPort, workerData } from 'node:worker_threads'
import { importFile } from '../../core/registry/import-file.js'
import type { Looked } from './look.js'

const KIND = /^(stage|log|adapter|balancer|module|filter|handler)$/

const look = async (file: string): Promise<Looked> => {
  let exported: Record<string, unknown>
  try {
    exported = await importFile(file)
  } catch (error) {
    // A program that listens by itself may meet a port that is taken; hosted, it opens none.
    if ((error as NodeJS.ErrnoException | null)?.syscall === 'listen')
      return { kind: 'application', slot: undefined }
    return { failed: inWords(error) }
  }
  for (const value of Object.values(exported)) {
    if (typeof value !== 'object' || value === null) continue
    const { kind, slots } = value as { kind?: unknown; slots?: unknown }
    if (typeof kind !== 'string' || !KIND.test(kind)) continue
    return { kind, slot: Array.isArray(slots) ? String(slots[0]) : undefined }
  }
  return { kind: 'application', slot: undefined }
}

/** The author's own lines of the stack, and not those of who imports. */
const inWords = (error: unknown): string => {
  if (!(error instanceof Error)) return `${String(error)} was thrown`
  const lines = (error.stack ?? error.message).split('\n')
  return lines
    .filter((line) => !/^\s+at .*(?:node:internal|[\\/]dist[\\/](?:core|hosts)[\\/])/.test(line))
    .join('\n')
}

parentPort?.postMessage(await look(workerData as string))
