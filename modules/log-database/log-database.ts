/** The standard log module `database`: IIS's ODBC log, into SQLite, PostgreSQL or MariaDB. */
import { resolve } from 'node:path'
import { Type } from 'typebox'
import { defineLog } from '../../core/index.js'
import { openDatabase } from './connect.js'
import { Database } from './database.js'
import { rowOf } from './internet-log.js'
import { Outage } from './outage.js'
import { Spool } from './spool.js'
import { Writer } from './writer.js'

const MB = 1_048_576
const QUARTER_HOUR = 900_000

const options = Type.Object({
  client: Type.Enum(['sqlite', 'postgresql', 'mariadb'], { description: 'Kind of the database' }),
  connection: Type.Unsafe<string | Record<string, unknown>>({
    type: ['string', 'object'],
    minLength: 1,
    description:
      'The file of a SQLite database; `postgresql://` or `mariadb://USER:PASSWORD@HOST:PORT/DATABASE`; or an object for the driver',
  }),
  table: Type.String({
    pattern: '^[A-Za-z_][A-Za-z0-9_]{0,54}$',
    default: 'InternetLog',
    description: 'Name of the table.',
  }),
  createTable: Type.Boolean({
    default: true,
    description: 'Whether the tables are made where they are missing.',
  }),
  time: Type.Enum(['local', 'utc'], { default: 'local', description: 'What LogTime is in.' }),
  spool: Type.Optional(
    Type.Unsafe<string>({
      type: 'string',
      minLength: 1,
      path: 'file',
      description: 'File in which records wait while the database is away. `logs/NAME.spool` where left out.',
    }),
  ),
  maxSpoolSize: Type.Integer({
    minimum: MB,
    maximum: 1_099_511_627_776,
    default: 256 * MB,
    unit: 'bytes',
    description: 'What does not fit in there is lost, and counted.',
  }),
  timeLimit: Type.Unsafe<number>({
    type: 'string',
    timeSpan: { from: 100, to: QUARTER_HOUR },
    default: '3s',
    description: 'The database is away when a batch takes longer.',
  }),
})

export default defineLog({
  name: 'database',
  options,
  /** The driver must be there, and work with this Node; a database may be away when the server starts. */
  check({ client, timeLimit }, directory) {
    const connection = client === 'sqlite' ? ':memory:' : {}
    openDatabase({ client, connection, directory, timeLimit })
  },
  async setup({ name, directory, events }, { time, maxSpoolSize, ...given }) {
    const path = given.spool ?? resolve(directory, 'logs', `${name}.spool`)
    const spool = await Spool.open(path, maxSpoolSize)
    const writer = new Writer(new Database({ ...given, directory }), spool, new Outage(name, events, path))
    return {
      write(records, { source, number }) {
        // Requests without a site stand in the HTTP error log, as in IIS.
        const rows = records.filter(({ siteId }) => siteId > 0).map((record) => rowOf(record, time))
        return writer.write({ source, number, rows })
      },
      close: () => writer.close(),
    }
  },
})
