/** Tells an exchange that its response has finished, with one listener for all exchanges. */
import type { ServerResponse } from 'node:http'

/** Hears that the response is complete. */
export interface Finishing {
  finish(): void
}

/** Where a response keeps its exchange. */
const EXCHANGE = Symbol('exchange')

interface OfExchange {
  [EXCHANGE]?: Finishing
}

export const whenFinished = (response: ServerResponse & OfExchange, exchange: Finishing): void => {
  response[EXCHANGE] = exchange
  response.on('finish', onFinish)
}

function onFinish(this: ServerResponse & OfExchange): void {
  this[EXCHANGE]?.finish()
}
