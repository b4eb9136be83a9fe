/** What is said in the event log of changes of the configuration. */
import { formatProblem, type ConfigurationError, type ServerEvent } from '../../core/index.js'
import type { PutInForce } from './put-in-force.js'

const was = (
  id: number,
  level: ServerEvent['level'],
  text: string,
  facts: NonNullable<ServerEvent['facts']> = {},
): ServerEvent => ({ id, level, source: 'WAS', text, facts })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const configurationEvents = {
  applied: (file: string, { changed, recycled, kept }: PutInForce) =>
    was(
      0,
      'info',
      `${file} has changed and is in force: ${changed.length > 0 ? changed.join('; ') : 'nothing that could be put in force now'}.`,
      { changed, recycled, kept },
    ),

  /** 5041: one for each mistake; 5036: the configuration as a whole. */
  refused: ({ file, problems }: ConfigurationError): ServerEvent[] => [
    ...problems.map((problem) =>
      was(5041, 'error', formatProblem(file, problem), { pointer: problem.pointer, line: problem.line }),
    ),
    was(
      5036,
      'error',
      `${file} has changed and is refused: ${problems.length} problem${problems.length === 1 ? '' : 's'}. ` +
        'The configuration that was in force goes on.',
      { problems: problems.length },
    ),
  ],

  waits: (file: string, keys: readonly string[]) =>
    was(
      0,
      'warning',
      `What ${file} now says of ${keys.join(', ')} waits for the next start of the server; all else is in force.`,
      { keys },
    ),

  failed: (file: string, error: unknown) =>
    was(
      5036,
      'error',
      `${file} has changed and could not be read anew: ${messageOf(error)}. The configuration that was in force goes on.`,
      { error: error instanceof Error ? error.stack : String(error) },
    ),

  notWatched: (file: string, error: Error) =>
    was(
      0,
      'warning',
      `${file} cannot be watched (${error.message}); after a change, reload it by hand or with SIGHUP.`,
    ),

  notKept: (folder: string, error: unknown) =>
    was(
      0,
      'warning',
      `No version of the configuration could be kept in ${folder}: ${messageOf(error)}. It is in force all the same.`,
    ),
}
