/** Which requests are worth a trace file (IIS: `failureDefinitions`). */

export interface RuleOptions {
  readonly path: string
  readonly verbs: string
  readonly statusCodes: string
  /** Milliseconds; left out: no matter how long. */
  readonly timeTaken?: number
  readonly verbosity: 'General' | 'Verbose'
}

export type Failure = (status: number, subStatus: number, milliseconds: number) => string | null

/**
 * Answers why, in the words of IIS's `failureReason`; null where it has not failed.
 *
 * @throws Error where `statusCodes` is badly written.
 */
export const failureOf = ({ statusCodes, timeTaken }: RuleOptions): Failure => {
  const ranges = statusCodes
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(rangeOf)
  return (status, subStatus, milliseconds) => {
    const failed = ranges.some(
      ({ from, to, sub }) => status >= from && status <= to && (sub === undefined || sub === subStatus),
    )
    if (failed) return 'STATUS_CODE'
    return timeTaken !== undefined && milliseconds >= timeTaken ? 'TIME_TAKEN' : null
  }
}

const rangeOf = (part: string): { from: number; to: number; sub: number | undefined } => {
  const match = /^(\d{3})(?:\.(\d{1,3})|-(\d{3}))?$/.exec(part)
  if (!match) throw new Error(`requestTracing: "${part}" is no status; write "400-599", "404" or "404.3"`)
  const from = Number(match[1])
  return {
    from,
    to: match[3] === undefined ? from : Number(match[3]),
    sub: match[2] === undefined ? undefined : Number(match[2]),
  }
}
