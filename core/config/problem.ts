/** A mistake in the configuration on its way to its place in the file, and JSON pointers to say where. */
import type { ConfigurationProblem } from '../errors.js'

export interface Problem extends ConfigurationProblem {
  /** True where the key itself is what is wrong, not its value. */
  readonly atKey?: boolean
}

/** The pointer of a member: `/` and `~` of the key are escaped (RFC 6901 section 3). */
export const member = (pointer: string, key: string | number): string =>
  `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The keys and indices that a pointer names. */
export const segmentsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
