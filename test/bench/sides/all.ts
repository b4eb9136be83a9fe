/** The sides in the order of a round: what is compared stands close together. */
import { bareBody, bareExpress, bareFastify } from './bare.js'
import { coldStart, idle } from './idle.js'
import { oneOfMany, oneOfOne } from './many-sites.js'
import { nginx } from './nginx.js'
import {
  cached,
  cachedSilent,
  filteredFastify,
  oneListener,
  pooledBody,
  pooledExpress,
  pooledFastify,
  processFastify,
  twoListeners,
} from './pooled.js'
import { bareStart, processStart } from './process-start.js'
import { recycleProcesses, recycleThreads } from './recycle.js'
import type { Side } from './side.js'
import { spinningPool } from './spinning-pool.js'

export const allSides: readonly Side[] = [
  nginx,
  pooledFastify,
  filteredFastify,
  bareFastify,
  processFastify,
  processStart,
  bareStart,
  cached,
  cachedSilent,
  oneListener,
  twoListeners,
  bareExpress,
  pooledExpress,
  bareBody,
  pooledBody,
  spinningPool,
  oneOfOne,
  oneOfMany,
  idle,
  coldStart,
  recycleThreads,
  recycleProcesses,
]
