/**
 * Runs the test files, each in a plain node. The command `tap` starts files with a loader of modules that it needs for
 * coverage, and node gives that loader to every thread and child of a test: they would start several times slower, and
 * not as they do for a user. One argument says how the names of the files end.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const HERE = fileURLToPath(new URL('.', import.meta.url))
/** Those that take long come first, so that no processor idles at the end. */
const FIRST = ['plugins-example', 'e2e', 'services', 'hosts']

const [, , end = '.test.js'] = process.argv
const rank = (file: string): number => {
  const place = FIRST.indexOf(file.slice(0, file.indexOf('/')))
  return place < 0 ? FIRST.length : place
}
const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith(end))
  .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))

// tap puts its options for the files into the environment.
const timeout = Number(process.env.TAP_TIMEOUT ?? 120) * 1000
t.setTimeout(0)
t.jobs = Number(process.env.TAP_JOBS ?? 1)
for (const file of files) {
  const name = join('dist/test', file)
  const args = ['-u', 'NODE_OPTIONS', process.execPath, '--enable-source-maps', name]
  void t.spawn('env', args, { name, timeout, buffered: t.jobs > 1 })
}
