/** The standard modules of the worker's integrated pipeline, by the names under which applications list them. */
import type { WorkerModule } from '../../core/index.js'

/** Each is imported only where an application lists it. */
export const standardModules: Readonly<Record<string, () => Promise<WorkerModule>>> = {}
