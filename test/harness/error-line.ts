/** Waits for what the HTTP error log of a server says. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestServer } from './server.js'

/** The first line that matches; looks again and again, since the log is written once a second. */
export const errorLine = async (server: Pick<TestServer, 'folder'>, pattern: RegExp): Promise<string> => {
  for (;;) {
    const text = await readFile(join(server.folder, 'logs/HTTPERR/httperr1.log'), 'latin1').catch(() => '')
    const line = text.split('\r\n').find((one) => !one.startsWith('#') && pattern.test(one))
    if (line !== undefined) return line
    await delay(50)
  }
}
