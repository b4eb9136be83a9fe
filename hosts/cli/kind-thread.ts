/** The thread of `webgarden try` that looks what a file exports. */
import { parentPort, workerData } from 'node:worker_threads'
import { importFile } from '../../core/registry/import-file.js'

const exported = await importFile(workerData as string)
const kinds = Object.values(exported).map((value) =>
  typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined,
)
parentPort?.postMessage(
  kinds.find(
    (kind) => typeof kind === 'string' && /^(stage|log|adapter|balancer|module|filter|handler)$/.test(kind),
  ) ?? 'application',
)
