/** What a log format is: it writes a line for each request straight into the batch that its log collects. */
import type { Buffer } from 'node:buffer'
import type { RequestContext } from '../../core/index.js'

/** The batch of a log, as a format sees it. */
export interface LineSink {
  /** Where the next line begins; 0: it is the first of its batch. Known after `room`. */
  readonly position: number
  /**
   * Room behind `position` for a line of at most `most` bytes, of a request that ended `at`; null where the line is
   * lost, because too many wait for their disk. Nothing of what was written is kept until `wrote`.
   */
  room(most: number, at: number): Buffer | null
  /** The line is whole and ends before `end`. */
  wrote(end: number): void
}

export interface LineFormat {
  /** What stands behind `#Fields:` at the head of each file; '' where files have no head. */
  readonly fields: string
  /** One line, of a request that has been completed. */
  write(ctx: RequestContext, sink: LineSink): void
}
