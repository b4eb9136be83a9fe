/** Tells systemd what becomes of the service, where it has asked for that: `Type=notify` (sd_notify(3)). */
import { execFile } from 'node:child_process'

/** Milliseconds; systemd may be too busy to hear. */
const PATIENCE = 5_000

/** `READY=1`, `MAINPID=...`, `RELOADING=1`, `STOPPING=1`. Resolves when it is told, or cannot be: serving comes first. */
export const notifySystemd = (state: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    if (!process.env.NOTIFY_SOCKET) {
      resolve()
      return
    }
    execFile('systemd-notify', [...state], { timeout: PATIENCE }, () => {
      resolve()
    })
  })
