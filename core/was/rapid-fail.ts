/** Rapid-fail protection: when a pool whose workers fail again and again is taken out of service. A pure decision. */

export interface RapidFailSettings {
  readonly rapidFailProtection: boolean
  /** Milliseconds in which failures are counted. */
  readonly rapidFailProtectionInterval: number
  readonly rapidFailProtectionMaxCrashes: number
}

export interface RapidFailDecision {
  /** The failures that still count, oldest first: what the next decision is made from. */
  readonly failures: readonly number[]
  readonly disable: boolean
}

/**
 * @param failures - when workers of the pool failed before, milliseconds since the epoch, oldest first
 * @param now - when one has failed just now
 */
export const decideOnFailure = (
  failures: readonly number[],
  now: number,
  settings: RapidFailSettings,
): RapidFailDecision => {
  if (!settings.rapidFailProtection) return { failures: [], disable: false }
  const since = now - settings.rapidFailProtectionInterval
  const counted = [...failures.filter((at) => at > since), now]
  return { failures: counted, disable: counted.length >= settings.rapidFailProtectionMaxCrashes }
}
