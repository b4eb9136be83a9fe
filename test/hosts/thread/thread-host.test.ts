/** A thread is a worker like any other. */
import { threadHost } from '../../../hosts/thread/thread-host.js'
import { workerHostContract } from '../../contract/worker-host.js'

workerHostContract(threadHost)
