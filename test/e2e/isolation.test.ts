/** What one application does to itself never reaches another pool or the listener. */
import { isolationFaults } from './isolation-faults.js'

isolationFaults('thread')
