/** Which applications a worker loads before it says that it is ready; others are loaded with their first request. */
import type { PoolConfig } from '../contract/config.js'
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'

/**
 * What requests wait for, what the one that is replaced has loaded, and all of `applications` where a worker always runs.
 */
export const wantedApplications = (
  { startMode }: PoolConfig,
  applications: Iterable<Application>,
  queue: RequestQueue,
  replaced: { readonly applications: readonly Application[] } | undefined,
): Application[] => {
  const wanted = new Set<Application>(startMode === 'AlwaysRunning' ? applications : [])
  for (const application of replaced?.applications ?? []) wanted.add(application)
  for (const { application } of queue.contents) if (application) wanted.add(application)
  return [...wanted]
}
