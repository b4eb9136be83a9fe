/** Without the lean messages (a Node that cannot do with them) the listener answers all the same: whole suites, run again. */
import { fileURLToPath } from 'node:url'
import t from 'tap'

for (const suite of [
  'e2e/request-flow',
  'e2e/http1-corpus',
  'e2e/access-log',
  'hosts/listener/client-connection',
]) {
  void t.spawn(
    process.execPath,
    [fileURLToPath(new URL(`../${suite}.test.js`, import.meta.url))],
    { env: { ...process.env, WEBGARDEN_LEAN_MESSAGES: '0' } },
    suite,
  )
}
