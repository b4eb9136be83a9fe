/** What goes into the database, or into the spool, as one: the rows of one batch, under the batch's name. */
import type { InternetLogRow } from './internet-log.js'

export interface Entry {
  /** The start of the server that the batch is of. */
  readonly source: string
  readonly number: number
  readonly rows: readonly InternetLogRow[]
}
