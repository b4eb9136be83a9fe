/** The database that the log goes to: makes its tables, and writes each batch once, whatever happens between. */
import { Kysely, sql, type Transaction } from 'kysely'
import { openDatabase, type Opened, type Reach } from './connect.js'
import type { Entry } from './entry.js'
import { textColumns, type InternetLogRow } from './internet-log.js'

/** Written in the transaction of the rows: the last batch of each start of the server. */
interface BatchRow {
  readonly Source: string
  readonly LastBatch: number
  /** Milliseconds since the epoch. */
  readonly Updated: number
}

/** By the names that the options give them. */
type Tables = Record<'log', InternetLogRow> & Record<'batches', BatchRow>

/** A start of the server that was so long ago sends no batch again. */
const KEPT_FOR = 30 * 24 * 60 * 60 * 1000
const INT_COLUMNS = ['ProcessingTime', 'BytesRecvd', 'BytesSent', 'ServiceStatus', 'Win32Status'] as const

export interface DatabaseOptions extends Reach {
  readonly table: string
  readonly createTable: boolean
}

export class Database {
  private readonly options: DatabaseOptions
  private connected: { readonly kysely: Kysely<Tables>; readonly opened: Opened } | null = null
  private readonly known = new Set<string>()

  constructor(options: DatabaseOptions) {
    this.options = options
  }

  /** Connects, and makes the tables. @throws whatever the driver says; or after the time limit. */
  prepare(): Promise<void> {
    return this.within(async () => {
      await this.connect()
    })
  }

  /**
   * In one transaction with the number of the batch, so that one that came before is not written again. The update locks the row
   * of its source: a transaction that was given up, and is under way still, is waited for.
   *
   * @throws whatever the driver says, or after the time limit; then the connection is gone, and nothing or all was written.
   */
  write(entry: Entry): Promise<void> {
    return this.within(async () => {
      const kysely = await this.connect()
      await this.introduce(kysely, entry.source)
      await kysely.transaction().execute((transaction) => this.writeIn(transaction, entry))
    })
  }

  async close(): Promise<void> {
    const { connected } = this
    this.connected = null
    await connected?.kysely.destroy()
  }

  private async writeIn(transaction: Transaction<Tables>, { source, number, rows }: Entry): Promise<void> {
    const { table } = this.options
    const { numUpdatedRows } = await transaction
      .updateTable(batchesOf(table) as 'batches')
      .set({ LastBatch: number, Updated: Date.now() })
      .where('Source', '=', source)
      .where('LastBatch', '<', number)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n)
      await transaction
        .insertInto(table as 'log')
        .values([...rows])
        .execute()
  }

  /** A row for a source that is new; somebody who was faster has made the same one. */
  private async introduce(kysely: Kysely<Tables>, source: string): Promise<void> {
    if (this.known.has(source)) return
    const batches = batchesOf(this.options.table) as 'batches'
    const isThere = () =>
      kysely.selectFrom(batches).select('Source').where('Source', '=', source).executeTakeFirst()
    if (!(await isThere())) {
      const row = { Source: source, LastBatch: 0, Updated: Date.now() }
      await kysely
        .insertInto(batches)
        .values(row)
        .execute()
        .catch(async (error: unknown) => {
          if (!(await isThere())) throw error
        })
    }
    this.known.add(source)
  }

  private async connect(): Promise<Kysely<Tables>> {
    if (this.connected) return this.connected.kysely
    const opened = openDatabase(this.options)
    const kysely = new Kysely<Tables>({ dialect: opened.dialect })
    this.connected = { kysely, opened }
    if (this.options.createTable) await this.createTables(kysely, opened)
    await kysely
      .deleteFrom(batchesOf(this.options.table) as 'batches')
      .where('Updated', '<', Date.now() - KEPT_FOR)
      .execute()
    return kysely
  }

  private async createTables({ schema }: Kysely<Tables>, { dateTime }: Opened): Promise<void> {
    const { table, client } = this.options
    const text = (column: keyof typeof textColumns) => sql.raw(`varchar(${textColumns[column]})`)
    const charset = client === 'mariadb' ? sql.raw('default charset = utf8mb4') : sql.raw('')
    const int = sql.raw('int')
    let log = schema
      .createTable(table)
      .ifNotExists()
      .addColumn('ClientHost', text('ClientHost') as never)
      .addColumn('Username', text('Username') as never)
      .addColumn('LogTime', dateTime)
      .addColumn('Service', text('Service') as never)
      .addColumn('Machine', text('Machine') as never)
      .addColumn('ServerIP', text('ServerIP') as never)
    for (const column of INT_COLUMNS) log = log.addColumn(column, int as never)
    for (const column of ['Operation', 'Target', 'Parameters'] as const)
      log = log.addColumn(column, text(column) as never)
    await log.modifyEnd(charset).execute()
    await schema
      .createTable(batchesOf(table))
      .ifNotExists()
      .addColumn('Source', 'varchar(36)', (column) => column.primaryKey())
      .addColumn('LastBatch', 'bigint', (column) => column.notNull())
      .addColumn('Updated', 'bigint', (column) => column.notNull())
      .execute()
  }

  /** A database that does not answer is let go of; so is one that answers with an error: the next attempt connects anew. */
  private async within(action: () => Promise<void>): Promise<void> {
    const { timeLimit } = this.options
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${timeLimit / 1000} s`))
      }, timeLimit)
    })
    try {
      await Promise.race([action(), late])
    } catch (error) {
      const { connected } = this
      this.connected = null
      this.known.clear()
      connected?.opened.abort()
      connected?.kysely.destroy().catch(() => undefined)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

const batchesOf = (table: string): string => `${table}Batches`
