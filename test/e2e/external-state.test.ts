/** Sessions that are kept outside of the workers survive their replacement; those in memory do not. */
import t from 'tap'
import { isolations } from '../harness/faults.js'
import { oneSite, startServer } from '../harness/server.js'

/** Sessions in a SQLite file, shared by all workers; a counter in memory beside it, for comparison. */
const APPLICATION = `
import Database from 'better-sqlite3'
import { randomUUID } from 'node:crypto'
const worker = globalThis[Symbol.for('webgarden.worker')]
const store = new Database('./sessions.sqlite')
store.pragma('journal_mode = WAL')
store.exec('CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, visits INTEGER NOT NULL)')
const visit = store.prepare(
  'INSERT INTO sessions VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET visits = visits + 1 RETURNING visits')
worker.on('close', () => { store.close() })
let inMemory = 0
export default (request, response) => {
  const id = /session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomUUID()
  response.setHeader('Set-Cookie', 'session=' + id)
  response.end(JSON.stringify({ worker: worker.id, visits: visit.get(id).visits, inMemory: ++inMemory }))
}`

interface Answer {
  worker: number
  visits: number
  inMemory: number
}

for (const isolation of isolations) {
  t.test(`a session goes on over recycles and a second worker: ${isolation}`, async (t) => {
    const server = await startServer(
      oneSite([{ path: '/', module: './app.mjs' }], {
        applicationPools: [
          { name: 'DefaultAppPool', isolation, recycling: { periodicRestart: { requests: 3 } } },
        ],
      }),
      { 'app.mjs': APPLICATION },
    )
    t.teardown(() => server.stop())
    let cookie = ''
    const visit = async (): Promise<Answer> => {
      const answer = await fetch(server.url, { headers: { cookie } })
      cookie = answer.headers.get('set-cookie') ?? ''
      return (await answer.json()) as Answer
    }
    const answers: Answer[] = []
    while (new Set(answers.map(({ worker }) => worker)).size < 3) answers.push(await visit())
    t.same(
      answers.map(({ visits }) => visits),
      answers.map((_answer, index) => index + 1),
      'no visit is forgotten',
    )
    t.ok(
      answers.some(({ visits, inMemory }) => inMemory < visits),
      'what was in memory is',
    )
  })
}
