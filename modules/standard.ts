/** The standard stage of each slot, which runs where the configuration names nothing else, and the standard log modules. */
import { fileURLToPath } from 'node:url'
import type { StandardLogs, StandardStages } from '../core/registry/loaded.js'
import cache from './cache/cache-stage.js'
import dispatch from './dispatch/dispatch-stage.js'
import log from './log/log-stage.js'
import queue from './queue/queue-stage.js'
import route from './route/route-stage.js'
import validate from './validate/validate-stage.js'

export const standardStages = { validate, cache, route, queue, dispatch, log } as unknown as StandardStages

/** Files, not modules: only log workers import them. */
export const standardLogs: StandardLogs = {
  database: fileURLToPath(new URL('./log-database/log-database.js', import.meta.url)),
}
