/** The database log with real servers that are killed and frozen while requests come: no row is missing, none is there twice. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely, MysqlDialect, PostgresDialect, sql, type Dialect } from 'kysely'
import { createPool } from 'mysql2'
import pg from 'pg'
import t, { type Test } from 'tap'
import { findProgram, makeMariaDb, makePostgres, type DatabaseServer } from '../harness/database-server.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const APP = `export default (request, response) => {
  if (request.url.startsWith('/cached')) response.setHeader('Cache-Control', 'max-age=60')
  response.end('done')
}`

/** Asks without a pause, half of it for what is cached, every request with a number of its own for the log. */
class Load {
  asked = 0
  failed = 0
  private going = true
  private readonly url: string
  private readonly done: Promise<unknown>

  constructor(url: string) {
    this.url = url
    this.done = Promise.all([this.client(), this.client()])
  }

  /** Resolves when so many more requests have been answered. */
  async more(count: number): Promise<void> {
    for (const end = this.asked + count; this.asked < end;)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }

  async end(): Promise<void> {
    this.going = false
    await this.done
  }

  private async client(): Promise<void> {
    while (this.going) {
      const number = ++this.asked
      const target = number % 2 === 0 ? '/cached' : `/plain?${number}`
      const response = await fetch(this.url + target)
      await response.text()
      if (response.status !== 200) this.failed++
    }
  }
}

const countIn = async (dialect: Dialect, quote: string): Promise<Record<string, number>> => {
  const database = new Kysely<never>({ dialect })
  const [table, target, parameters] = ['InternetLog', 'Target', 'Parameters'].map((name) =>
    sql.raw(quote + name + quote),
  )
  const { rows } = await sql<Record<string, unknown>>`
    select count(*) as "all",
      count(case when ${target} = '/cached' then 1 end) as "cached",
      count(distinct case when ${target} = '/plain' then ${parameters} end) as "plain"
    from ${table}`.execute(database)
  await database.destroy()
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([key, value]) => [key, Number(value)]))
}

interface Kind {
  readonly client: string
  readonly programs: readonly [string, string]
  readonly install: string
  readonly make: (first: string, second: string) => Promise<DatabaseServer>
  readonly count: (url: string) => Promise<Record<string, number>>
}

const kinds: readonly Kind[] = [
  {
    client: 'postgresql',
    programs: ['initdb', 'postgres'],
    install: 'postgresql',
    make: makePostgres,
    count: (connectionString) =>
      countIn(new PostgresDialect({ pool: new pg.Pool({ connectionString }) }), '"'),
  },
  {
    client: 'mariadb',
    programs: ['mariadb-install-db', 'mariadbd'],
    install: 'mariadb-server',
    make: makeMariaDb,
    count: (url) => {
      const pool = createPool({ uri: url.replace('mariadb:', 'mysql:') })
      pool.on('connection', (connection) => {
        connection.query("set session sql_mode = 'ANSI_QUOTES'")
      })
      return countIn(new MysqlDialect({ pool }), '"')
    },
  },
]

const killAndFreeze = async (t: Test, kind: Kind, programs: readonly string[]): Promise<void> => {
  const database = await kind.make(programs[0] ?? '', programs[1] ?? '')
  t.teardown(() => database.remove())
  await database.start()
  const spool = join(t.testdir(), 'spool')
  const options = { client: kind.client, connection: database.url, spool, timeLimit: '1s' }
  const server: TestServer = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [{ name: 'database', options }],
      pipeline: { log: 'database' },
    }),
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  const load = new Load(server.url)
  await load.more(500)
  await database.kill()
  await server.printed(/database of log "database" cannot be written/)
  await load.more(500)
  await database.start()
  await server.printed(/database of log "database" has what waited; [1-9]\d* records followed .* 0 lost/)
  await load.more(500)
  database.freeze()
  await server.printed(/database of log "database" cannot be written: no answer within 1 s/)
  await load.more(500)
  database.thaw()
  await server.printed(/database of log "database" has what waited/, 2)
  // Once more in the midst of it, and now it is away for the rest of this server's life.
  await load.more(300)
  await database.kill()
  await load.more(300)
  await load.end()
  t.equal(await server.stop(), 0)
  t.equal(load.failed, 0, 'no request has noticed')
  t.match(server.output(), /records wait in .* for the next start; 0 lost/)
  await database.start()
  const next = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [{ name: 'database', options }],
      pipeline: { log: 'database' },
    }),
    { 'app.mjs': APP },
  )
  await (await fetch(`${next.url}/last`)).text()
  await next.printed(/database of log "database" has what waited/)
  t.equal(await next.stop(), 0)
  const plain = Math.ceil(load.asked / 2)
  t.same(await kind.count(database.url), {
    all: load.asked + 1,
    cached: load.asked - plain,
    plain,
  })
}

for (const kind of kinds) {
  const programs = kind.programs.map((name) => findProgram(name) ?? '')
  const isThere = programs.every((program) => existsSync(program))
  if (!isThere)
    console.error(
      `NOT TESTED: ${kind.client}, since ${kind.install} is not installed (apt install ${kind.install})`,
    )
  const skip = isThere || process.env.CI !== undefined ? false : `${kind.install} is not installed`
  t.test(`${kind.client}, killed and frozen under load: every request is one row`, { skip }, async (t) => {
    if (!isThere) t.fail(`${kind.install} is not installed; CI needs it`)
    else await killAndFreeze(t, kind, programs)
  })
}
