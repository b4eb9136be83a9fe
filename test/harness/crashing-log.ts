/** A log module for tests that writes down the numbers of each batch at once, and fails in all ways, before or after that. */
import { appendFileSync } from 'node:fs'
import { Type } from 'typebox'
import { defineLog } from 'webgarden'

/** One of so many requests takes its batch with it, the first time. */
const UNLUCKY = 9973

export default defineLog({
  name: 'crashing-log',
  options: Type.Object({
    file: Type.String({ minLength: 1 }),
    /** Milliseconds that a batch takes beside. */
    pause: Type.Integer({ default: 0 }),
    crashes: Type.Boolean({ default: false }),
  }),
  setup(_scope, { file, pause, crashes }) {
    return {
      write(records, { source, number, again }) {
        if (pause > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
        const numbers = records.map(({ path, query }) =>
          path === '/alike' ? 0 : Number(/\d+/.exec(query)?.[0]),
        )
        const write = (): void => {
          appendFileSync(file, `${JSON.stringify({ source, number, numbers })}\n`)
        }
        const unlucky = crashes && !again ? numbers.find((one) => one > 0 && one % UNLUCKY === 0) : undefined
        if (unlucky === undefined) {
          write()
          return
        }
        const way = unlucky / UNLUCKY
        if (way % 2 === 0) write()
        if (way % 3 === 0) throw new Error('the database is away')
        if (way % 3 === 1) process.exit(7)
        setImmediate(() => {
          throw new Error('nobody catches this')
        })
        throw new Error('crashed soon')
      },
    }
  },
})
