/** Which driver there is on this machine. */
import { driveAutocannon } from './drive-autocannon.js'
import { driveWrk, wrkVersion } from './drive-wrk.js'
import { CONNECTIONS, type Driver } from './load.js'

/** wrk where it is installed: it takes much less of the machine from the server than autocannon. */
export const findDriver = async (): Promise<Driver> => {
  const version = await wrkVersion()
  return version === null
    ? { name: `autocannon, ${CONNECTIONS} connections (wrk is not installed)`, drive: driveAutocannon }
    : { name: `${version} -t1 -c${CONNECTIONS}`, drive: driveWrk }
}
