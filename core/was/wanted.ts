/** Which applications a worker loads before it says that it is ready; others are loaded with their first request. */
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'

/** What requests wait for, what the one that is replaced has loaded, and `always` whatever else. */
export const wantedApplications = (
  always: Iterable<Application>,
  queue: RequestQueue,
  replaced: { readonly applications: readonly Application[] } | undefined,
): Application[] => {
  const wanted = new Set<Application>(always)
  for (const application of replaced?.applications ?? []) wanted.add(application)
  for (const { application } of queue.contents) if (application) wanted.add(application)
  return [...wanted]
}
