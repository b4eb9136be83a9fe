/** Opens a database of each kind, in words that kysely understands, and can let go of one that does not answer. */
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import {
  MysqlDialect,
  PostgresDialect,
  SqliteDialect,
  type Dialect,
  type MysqlPool,
  type PostgresPool,
  type SqliteDatabase,
} from 'kysely'
import { loadDriver, type Client } from './driver.js'

export type Connection = string | Readonly<Record<string, unknown>>

export interface Opened {
  readonly dialect: Dialect
  /** The type of a column for a date with its time. */
  readonly dateTime: 'text' | 'timestamp' | 'datetime'
  /** Cuts the connections, whatever they are doing. */
  abort(): void
}

export interface Reach {
  readonly client: Client
  readonly connection: Connection
  /** From which the path of a SQLite file counts, and where its driver is looked for. */
  readonly directory: string
  /** Milliseconds. */
  readonly timeLimit: number
}

/** Connects when the first statement comes. @throws Error where the driver is missing, or a file cannot be opened. */
export const openDatabase = (reach: Reach): Opened => {
  const driver = loadDriver(reach.client, reach.directory)
  switch (reach.client) {
    case 'sqlite':
      return openSqlite(driver as SqliteDriver, reach)
    case 'postgresql':
      return openPostgres(driver as PostgresDriver, reach)
    case 'mariadb':
      return openMariaDb(driver as MysqlDriver, reach)
  }
}

type SqliteDriver = new (file: string, options: object) => SqliteDatabase & { pragma(text: string): unknown }

/** Synchronous: it answers or throws, within the time that it may wait for the locks of others. */
const openSqlite = (Driver: SqliteDriver, { connection, directory, timeLimit }: Reach): Opened => {
  const { filename, ...options } = typeof connection === 'string' ? { filename: connection } : connection
  const database = new Driver(resolve(directory, String(filename)), { timeout: timeLimit, ...options })
  // Whoever reads the log does not keep it from being written.
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  return { dialect: new SqliteDialect({ database }), dateTime: 'text', abort: () => undefined }
}

/** An 'error' event that nobody listens to ends the worker. */
interface Broken {
  on(event: 'error', listener: () => void): void
}

const ignore = (): void => undefined

interface PostgresDriver {
  readonly Pool: new (options: object) => PostgresPool & {
    on(event: 'error', listener: () => void): void
    on(event: 'connect', listener: (client: Broken) => void): void
  }
}

const openPostgres = ({ Pool }: PostgresDriver, { connection, timeLimit }: Reach): Opened => {
  const sockets = new Set<Socket>()
  const pool = new Pool({
    ...(typeof connection === 'string' ? { connectionString: connection } : connection),
    max: 1,
    connectionTimeoutMillis: timeLimit,
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
  })
  // A connection that breaks between two statements: the next one finds out.
  pool.on('error', ignore)
  pool.on('connect', (client) => {
    client.on('error', ignore)
  })
  const abort = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return { dialect: new PostgresDialect({ pool }), dateTime: 'timestamp', abort }
}

interface Destroyable extends Broken {
  destroy(): void
}

interface MysqlDriver {
  createPool(options: object): MysqlPool & {
    on(event: 'connection', listener: (connection: Destroyable) => void): void
  }
}

const openMariaDb = ({ createPool }: MysqlDriver, { connection, timeLimit }: Reach): Opened => {
  const connections = new Set<Destroyable>()
  const pool = createPool({
    ...(typeof connection === 'string' ? { uri: connection.replace(/^mariadb:/, 'mysql:') } : connection),
    connectionLimit: 1,
    connectTimeout: timeLimit,
    // Times are written as text already, in the zone that the options ask for.
    dateStrings: true,
  })
  pool.on('connection', (one) => {
    one.on('error', ignore)
    connections.add(one)
  })
  const abort = (): void => {
    for (const one of connections) one.destroy()
  }
  return { dialect: new MysqlDialect({ pool }), dateTime: 'datetime', abort }
}
