/** Which applications a worker loads before it says that it is ready; others are loaded with their first request. */
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'

/**
 * Of a pool's `applications`: what requests wait for, what the worker that is replaced has loaded, and what is to be there
 * before anybody asks (preloadEnabled); what the configuration has no longer is not among them. `all` of them for a worker that starts without a request.
 */
export const wantedApplications = (
  applications: Iterable<Application>,
  all: boolean,
  queue: RequestQueue,
  replaced: { readonly applications: readonly Application[] } | undefined,
): Application[] => {
  const wanted = new Set<Application>()
  const loaded = new Set(replaced?.applications)
  for (const { application } of queue.contents) if (application) wanted.add(application)
  for (const application of applications)
    if (all || application.config.preloadEnabled || loaded.has(application)) wanted.add(application)
  return [...wanted]
}
