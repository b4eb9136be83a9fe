/** Orders of an administrator to the pools of a server that was started with `OBEYING` and an IPC channel. */
import type { ChildProcess } from 'node:child_process'

export interface PoolOrder {
  readonly order: 'start' | 'stop' | 'recycle'
  readonly pool: string
}

export interface NumberedOrder extends PoolOrder {
  readonly id: number
}

/** Flags of node that make a server listen to orders. */
export const OBEYING = ['--import', new URL('./obey-orders.js', import.meta.url).href]

let lastId = 0

/** Resolves when it has been carried out: a stop when the pool has stopped, a recycle when it has begun. */
export const giveOrder = (server: ChildProcess, order: PoolOrder): Promise<void> =>
  new Promise((resolve, reject) => {
    const id = ++lastId
    const settle = (error?: Error): void => {
      server.off('message', heard)
      server.off('close', ended)
      if (error) reject(error)
      else resolve()
    }
    const heard = (message: unknown): void => {
      if ((message as { obeyed?: number }).obeyed === id) settle()
    }
    const ended = (): void => {
      settle(new Error(`The server ended before it had obeyed: ${order.order} ${order.pool}`))
    }
    server.on('message', heard)
    server.once('close', ended)
    server.send({ id, ...order })
  })
