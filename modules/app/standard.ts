/** The standard modules of the worker's integrated pipeline, by the names under which applications list them. */
import type { WorkerModule } from '../../core/index.js'

/** A module in its file; what its options are is between it and its own schema. */
const of = async (file: Promise<{ readonly default: unknown }>): Promise<WorkerModule> =>
  (await file).default as WorkerModule

/** Each is imported only where an application lists it. */
export const standardModules: Readonly<Record<string, () => Promise<WorkerModule>>> = {
  requestTracing: () => of(import('./request-tracing/request-tracing.js')),
  ipSecurity: () => of(import('./ip-security/ip-security.js')),
  rewrite: () => of(import('./rewrite/rewrite.js')),
  urlCompression: () => of(import('./url-compression/url-compression.js')),
  httpErrors: () => of(import('./http-errors/http-errors.js')),
  anonymousAuthentication: () => of(import('./anonymous-authentication.js')),
  basicAuthentication: () => of(import('./basic-authentication/basic-authentication.js')),
  urlAuthorization: () => of(import('./url-authorization.js')),
  defaultDocument: () => of(import('./default-document.js')),
  directoryBrowse: () => of(import('./directory-browse/directory-browse.js')),
  staticContent: () => of(import('./static-content/static-content.js')),
}
