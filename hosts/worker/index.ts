/** `webgarden/worker`: what an application can know of its worker, and say to it; harmless where there is none. */
import { HOSTED_WORKER, type HostedWorker } from '../../core/contract/hosted-worker.js'

export type {
  DrainNotice,
  HostedWorker,
  WorkerListener,
  WorkerOccasion,
} from '../../core/contract/hosted-worker.js'

const nothing = (): void => undefined

const unhosted: HostedWorker = {
  isHosted: false,
  id: 0,
  pool: '',
  signal: new AbortController().signal,
  on: nothing,
  off: nothing,
  reportUnhealthy: nothing,
}

/** The worker that this code runs in; in a plain program one that says so. */
export const worker: HostedWorker =
  (globalThis as { [HOSTED_WORKER]?: HostedWorker })[HOSTED_WORKER] ?? unhosted
