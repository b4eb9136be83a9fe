/** Reads the access log of a test server's first site, all of it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestServer } from './server.js'

/** Ends the server, so that all is written; its folder is gone afterwards. */
export const endAndReadLog = async (server: TestServer): Promise<string> => {
  server.process.kill('SIGTERM')
  await server.printed(/^stopped$/m)
  const folder = join(server.folder, 'logs', 'W3SVC1')
  const names = (await readdir(folder)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  await server.stop()
  return texts.join('')
}
