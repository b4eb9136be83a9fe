/** Waits until a log of a running test server says something. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestServer } from './server.js'

const LOOK_EVERY = 50
const PATIENCE = 15_000

/** Resolves with the whole log; rejects with it when it has not said so after a while. */
export const readLog = async ({ folder }: TestServer, file: string, pattern: RegExp): Promise<string> => {
  for (let waited = 0; ; waited += LOOK_EVERY) {
    const text = await readFile(join(folder, file), 'utf8').catch(() => '')
    if (pattern.test(text)) return text
    if (waited > PATIENCE) throw new Error(`${file} does not say ${String(pattern)}:\n${text}`)
    await sleep(LOOK_EVERY)
  }
}
