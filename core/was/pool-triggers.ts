/** What recycles all workers of a pool at the same time without any of them being old: the time of day, changed files. */
import type { ApplicationConfig, PoolConfig } from '../contract/config.js'
import { onFileChange, ownPaths, watchedPaths } from './file-change.js'
import { atTimesOfDay } from './schedule.js'
import type { PoolSurroundings } from './surroundings.js'
import { wasEvents } from './events.js'

export interface Triggers {
  /** @param at - the time that was meant, milliseconds since the epoch */
  readonly onTime: (at: number) => void
  /** Answers whether the change has been taken notice of; if not, it is told again. */
  readonly onFileChange: (path: string) => boolean
}

/** From now on. Returns what ends it. */
export const watchTriggers = (
  { name, recycling }: PoolConfig,
  applications: readonly ApplicationConfig[],
  { clock, machine, config, events }: Pick<PoolSurroundings, 'clock' | 'machine' | 'config' | 'events'>,
  triggers: Triggers,
): (() => void) => {
  const { schedule: times, jitter } = recycling.periodicRestart
  const cancelSchedule = atTimesOfDay({
    clock,
    times,
    jitter,
    random: () => machine.random(),
    onTime: triggers.onTime,
  })
  const roots = watchedPaths(recycling.onFileChange, applications, config.directory)
  if (!recycling.onFileChange.enabled) return cancelSchedule
  if (roots.length === 0) {
    events.write(wasEvents.nothingToWatch(name))
    return cancelSchedule
  }
  const closeWatch = onFileChange({
    clock,
    machine,
    roots,
    own: ownPaths(config),
    delay: recycling.onFileChange.delay,
    changed: triggers.onFileChange,
    failed: (error) => {
      events.write(wasEvents.watchFailed(name, error))
    },
  })
  return () => {
    cancelSchedule()
    closeWatch()
  }
}
