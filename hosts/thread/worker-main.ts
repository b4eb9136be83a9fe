/** What a Piscina thread runs: one task for the worker's whole life, whose promise is that life. */
import type { MessagePort } from 'node:worker_threads'
import type { Batch } from '../../core/contract/messages.js'
import { standardModules } from '../../modules/app/standard.js'
import { standardAdapters } from '../adapters/standard.js'
import { installListenCapture } from '../runtime/listen-capture.js'
import { Runtime } from '../runtime/runtime.js'
import { DRAINED } from './drained.js'

installListenCapture()

/**
 * Resolves when the worker has drained; a crash, an exit or out of memory rejects it on the listener's side, or resolves it with
 * something else: Piscina takes a `throw null` for a result.
 */
export default async ({ port }: { port: MessagePort }): Promise<typeof DRAINED> => {
  const standard = await standardAdapters()
  return new Promise((resolve) => {
    const runtime = new Runtime({
      post: (batch, transfer) => {
        port.postMessage(batch, transfer ?? NOTHING)
      },
      adapters: standard,
      modules: standardModules,
      onDrained: () => {
        port.close()
        resolve(DRAINED)
      },
    })
    port.on('message', (batch: Batch) => {
      runtime.receive(batch)
    })
  })
}

const NOTHING: ArrayBuffer[] = []
