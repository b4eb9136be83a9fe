/** A process is a worker like any other. */
import { processHost } from '../../../hosts/process/process-host.js'
import { workerHostContract } from '../../contract/worker-host.js'

workerHostContract(processHost)
