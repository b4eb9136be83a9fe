/** Loaded into a server before its own code: its pools obey what the process that started it sends (`giveOrder`). */
import { isMainThread } from 'node:worker_threads'
import type { ActivationService } from '../../core/was/service.js'
import type { NumberedOrder } from './give-order.js'

type Start = (this: ActivationService, ...args: Parameters<ActivationService['start']>) => void

const obey = async (service: ActivationService, { id, order, pool: name }: NumberedOrder): Promise<void> => {
  const pool = service.pools.get(name)
  if (!pool) throw new Error(`there is no pool "${name}"`)
  if (order === 'start') pool.start()
  else if (order === 'stop') await pool.stop()
  else pool.recycle()
  process.send?.({ obeyed: id })
}

// A thread loads what its process was told to load.
if (isMainThread) {
  const { ActivationService } = await import('../../core/was/service.js')
  const start: unknown = Reflect.get(ActivationService.prototype, 'start')
  ActivationService.prototype.start = function (...args) {
    process.on('message', (order: NumberedOrder) => void obey(this, order))
    ;(start as Start).apply(this, args)
  }
}
