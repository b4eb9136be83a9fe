/** Whether a worker that has come up may take the place of another: not if it lacks an application that the other one has. */
import type { Predecessor } from './worker-options.js'

/**
 * @param failed - ids of the applications that the new worker could not load
 * @returns what is missing, in words; undefined where nothing is, or where the old one is no longer there to go on.
 */
export const whyUnfit = (failed: ReadonlySet<number>, old: Predecessor | undefined): Error | undefined => {
  if (old?.state !== 'running') return undefined
  const missing = old.applications.filter(({ id }) => failed.has(id) && !old.failedApplications.has(id))
  if (missing.length === 0) return undefined
  const names = missing.map(({ site, path }) => `"${site.name}${path}"`).join(', ')
  return new Error(`it could not load ${names}, which worker ${old.id} has loaded`)
}
