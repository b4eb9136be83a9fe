/** Many requests, each with a number of its own, several at once on each connection; knows which of them were sent and answered. */
import { connect } from 'node:net'

/** Requests of a connection that wait for their answers at most. */
const WINDOW = 24
/** Makes lines longer, so that files are full sooner. */
const MORE = `&${'x'.repeat(120)}`

export interface NumberedLoad {
  /** Port by the number of each request that was sent, and those of them that were answered. */
  readonly sent: ReadonlyMap<number, number>
  readonly answered: ReadonlySet<number>
  /** Requests for the one URL that is the same for all, by port. */
  readonly sentAlike: ReadonlyMap<number, number>
  readonly answeredAlike: ReadonlyMap<number, number>
  /** Resolves when so many requests with a number were answered. */
  reached(answers: number): Promise<void>
  /** Resolves when all connections have ended, since the server ends them. */
  ended(): Promise<void>
}

/**
 * Asks `/numbered?n=NUMBER&xxx…` of all ports, on so many connections each, and `/alike` on one more, one request at a time; an
 * answer holds `done:NUMBER;` (0 for the latter). Goes on until the server ends the connections.
 *
 * @throws Error out of `ended`, when an answer is not that of the oldest request of its connection.
 */
export const numberedLoad = (ports: readonly number[], connections: number): NumberedLoad => {
  const sent = new Map<number, number>()
  const answered = new Set<number>()
  const sentAlike = new Map<number, number>()
  const answeredAlike = new Map<number, number>()
  const watchers = new Set<() => void>()
  let last = 0

  const open = (port: number, window: number, next: () => [number, string]): Promise<void> =>
    new Promise((resolve, reject) => {
      const waiting: number[] = []
      const socket = connect(port, '127.0.0.1')
      let rest = ''
      const ask = (): void => {
        let text = ''
        while (waiting.length < window) {
          const [number, target] = next()
          waiting.push(number)
          text += `GET ${target} HTTP/1.1\r\nHost: test\r\nUser-Agent: load\r\n\r\n`
        }
        socket.write(text)
      }
      socket.once('connect', ask)
      socket.on('data', (chunk) => {
        rest += chunk.toString('latin1')
        let end = 0
        for (const match of rest.matchAll(/done:(\d+);/g)) {
          end = match.index + match[0].length
          const number = Number(match[1])
          if (number !== waiting.shift()) reject(new Error(`number ${number} was answered out of its turn`))
          if (number > 0) answered.add(number)
          else answeredAlike.set(port, (answeredAlike.get(port) ?? 0) + 1)
        }
        if (end === 0) return
        rest = rest.slice(end)
        for (const watcher of watchers) watcher()
        if (socket.writable) ask()
      })
      socket.on('error', () => undefined)
      socket.once('end', () => socket.end())
      socket.once('close', () => {
        resolve()
      })
    })

  const all = ports.flatMap((port) => [
    ...Array.from({ length: connections }, () =>
      open(port, WINDOW, () => {
        sent.set(++last, port)
        return [last, `/numbered?n=${last}${MORE}`]
      }),
    ),
    open(port, 1, () => {
      sentAlike.set(port, (sentAlike.get(port) ?? 0) + 1)
      return [0, '/alike']
    }),
  ])
  const ended = Promise.all(all).then(() => undefined)
  return {
    sent,
    answered,
    sentAlike,
    answeredAlike,
    reached: (count) =>
      Promise.race([
        new Promise<void>((resolve) => {
          const watcher = (): void => {
            if (answered.size < count) return
            watchers.delete(watcher)
            resolve()
          }
          watchers.add(watcher)
          watcher()
        }),
        ended.then(() => {
          throw new Error(`all connections have ended after ${answered.size} answers`)
        }),
      ]),
    ended: () => ended,
  }
}
