/** The `#` lines that begin a log file and stand again after each re-opening. */
import { version } from '../../core/index.js'
import { timeStamp } from './time-stamp.js'

/**
 * The block for a file that is opened `at` (milliseconds since the epoch) and whose lines have these fields, their
 * names separated by a blank.
 */
export const headerBlock = (at: number, fields: string): string =>
  `#Software: webgarden ${version}\r\n#Version: 1.0\r\n#Date: ${timeStamp(at)}\r\n#Fields: ${fields}\r\n`
