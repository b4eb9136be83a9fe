/** The standard stage of each slot: what runs where the configuration names nothing else. */
import type { StandardStages } from '../core/registry/loaded.js'
import cache from './cache/cache-stage.js'
import dispatch from './dispatch/dispatch-stage.js'
import log from './log/log-stage.js'
import queue from './queue/queue-stage.js'
import route from './route/route-stage.js'
import validate from './validate/validate-stage.js'

export const standardStages = { validate, cache, route, queue, dispatch, log } as unknown as StandardStages
