/** A custom log: the requests of today and yesterday in a SQLite file that can be asked questions. */
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import { Type } from 'typebox'
import { defineLog, type LogBatch, type LogRecord } from 'webgarden'

const DAY = 24 * 60 * 60 * 1000

export default defineLog({
  name: 'log-sqlite',
  headers: ['user-agent', 'referer'],
  options: Type.Object({
    file: Type.String({ minLength: 1, description: 'The database, relative to the configuration file.' }),
    days: Type.Integer({ minimum: 1, default: 2, description: 'Older requests are deleted.' }),
  }),

  setup({ directory }, { file, days }) {
    const database = new Database(resolve(directory, file))
    database.pragma('journal_mode = WAL')
    database.exec(`
      create table if not exists requests (
        at integer, site text, method text, path text, status integer, milliseconds integer,
        bytes integer, cacheHit integer, client text, agent text, referer text);
      create index if not exists requestsByTime on requests (at);
      create table if not exists batches (source text primary key, number integer)`)
    const insert = database.prepare('insert into requests values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    const advance = database.prepare(`
      insert into batches values (?, ?)
      on conflict (source) do update set number = excluded.number where excluded.number > number`)
    const expire = database.prepare('delete from requests where at < ?')

    // A batch that comes again, because nobody heard that it was written, changes no row of `batches`.
    const write = database.transaction((records: readonly LogRecord[], { source, number }: LogBatch) => {
      if (advance.run(source, number).changes === 0) return
      for (const record of records) {
        const { completedAt: at, site, method, path, status, timeTaken, bytesSent, headers } = record
        const hit = record.cacheHit ? 1 : 0
        const client = [record.clientAddress, headers['user-agent'], headers.referer]
        insert.run(at, site, method, path, status, timeTaken, bytesSent, hit, ...client)
      }
    })

    return {
      write,
      flush() {
        expire.run(Date.now() - days * DAY)
      },
      close() {
        database.close()
      },
    }
  },
})
