/** A log module for tests: writes what it gets into a file, and fails when a request's path says so. */
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { Type } from 'typebox'
import { defineLog, type LogRecord } from 'webgarden'

/** Where the server has been started: an import in its own thread would show. */
if (isMainThread) appendFileSync('imported-in-the-main-thread', '')

export default defineLog({
  name: 'log-module',
  headers: ['User-Agent', 'X-Missing'],
  options: Type.Object({
    file: Type.String({ minLength: 1 }),
    setUpFails: Type.Boolean({ default: false }),
  }),
  check({ file }) {
    if (file === 'unwanted') throw new Error('this file is unwanted')
  },
  setup(_scope, { file, setUpFails }) {
    if (setUpFails) throw new Error('the set-up fails')
    const write = (line: unknown): void => {
      appendFileSync(file, `${JSON.stringify(line)}\n`)
    }
    return {
      write(records, { number, again }) {
        for (const { path } of records) misbehave(path, again)
        for (const record of records) write({ ...record, number, again, isMainThread })
      },
      flush() {
        write({ called: 'flush' })
      },
      close() {
        write({ called: 'close' })
      },
    }
  },
})

const misbehave = (path: LogRecord['path'], again: boolean): void => {
  // As an endless loop, but for the processor that it would take from other tests.
  if (path === '/stall') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  if (again) return
  if (path === '/exit') process.exit(7)
  if (path === '/throw') throw new Error('the database is away')
  if (path === '/crash') {
    setImmediate(() => {
      throw new Error('nobody catches this')
    })
    throw new Error('crashed soon')
  }
}
