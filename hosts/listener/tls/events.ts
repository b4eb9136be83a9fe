/** What is said in the event log of certificates. */
import type { ConfigurationProblem, ServerEvent } from '../../../core/index.js'

const event = (level: ServerEvent['level'], text: string, facts: Record<string, unknown>): ServerEvent => ({
  id: 0,
  level,
  source: 'W3SVC',
  text,
  facts,
})

export const certificateEvents = {
  changed: (files: readonly string[]) =>
    event('info', 'Certificates have changed on disk; new connections get the new ones, open ones go on.', {
      files,
    }),

  refused: ({ pointer, message }: ConfigurationProblem) =>
    event(
      'error',
      `A certificate has changed on disk and is refused: ${message}. The one that was in use goes on.`,
      { pointer },
    ),

  expires: (text: string, file: string) => event('warning', text, { file }),

  expired: (problem: string, file: string) =>
    event('error', `Clients will not trust this server: ${problem}.`, { file }),
}
