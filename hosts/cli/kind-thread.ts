/** The thread of `webgarden try` that looks what a file exports. */
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

const exported = (await import(pathToFileURL(workerData as string).href)) as Record<string, unknown>
const kinds = Object.values(exported).map((value) =>
  typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined,
)
parentPort?.postMessage(
  kinds.find(
    (kind) => typeof kind === 'string' && /^(stage|log|adapter|balancer|module|filter|handler)$/.test(kind),
  ) ?? 'application',
)
