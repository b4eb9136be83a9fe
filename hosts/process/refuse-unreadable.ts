/** A worker whose account may not read an application does not start, and says so. */
import { accessSync, constants } from 'node:fs'
import { isAbsolute } from 'node:path'
import { userInfo } from 'node:os'
import type { ApplicationSettings } from '../../core/contract/messages.js'
import { IDENTITY_ERROR } from '../../core/contract/worker-host.js'

/** @throws Error that names the account, the application and the file. What is wrong otherwise shows when it is loaded. */
export const refuseUnreadable = (applications: readonly ApplicationSettings[]): void => {
  for (const { name, module, physicalPath } of applications) {
    const file = module !== undefined && isAbsolute(module) ? module : physicalPath
    try {
      accessSync(file, constants.R_OK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') continue
      const refusal = new Error(
        `the account "${account()}" may not read ${file} of the application ${name}; give it the right, or the pool ` +
          'another account (processModel.userName)',
      )
      throw Object.assign(refusal, { name: IDENTITY_ERROR })
    }
  }
}

const account = (): string => {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.())
  }
}
