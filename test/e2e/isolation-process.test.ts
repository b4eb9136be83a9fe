/** What one application does to itself never reaches another pool or the listener, with workers that are processes. */
import { isolationFaults } from './isolation-faults.js'

isolationFaults('process')
