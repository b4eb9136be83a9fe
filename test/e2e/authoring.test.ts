/** What authors begin with: `webgarden new` and `webgarden try`, as they type them. */
import { once } from 'node:events'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { CLI, writeFolder } from '../harness/server.js'
import { spawnNode } from '../harness/spawn-node.js'

t.test('new writes a package of each kind, and never over anything', async (t) => {
  const folder = await writeFolder({})
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const kind of ['handler', 'filter', 'module', 'stage', 'log', 'adapter', 'app']) {
    const { code, stdout } = await webgarden(folder, `new ${kind} my-${kind}`)
    t.equal(code, 0)
    t.equal(stdout, `wrote my-${kind}/; next: cd my-${kind} && npm install && npm test\n`)
    t.same((await readdir(join(folder, `my-${kind}`))).sort(), [
      '.gitignore',
      'README.md',
      'package.json',
      'src',
      'test',
      'tsconfig.json',
    ])
    t.match(await readFile(join(folder, `my-${kind}/README.md`), 'utf8'), `my-${kind}`)
  }
  t.match(await webgarden(folder, 'new handler my-handler'), { code: 1, stderr: /is there already/ })
  t.match(await webgarden(folder, 'new hadnler other'), { code: 4, stderr: /known are handler, filter/ })
  t.match(await webgarden(folder, 'new handler ../x'), { code: 1, stderr: /cannot be a name/ })
})

const FILTER = (word: string): string => `
import { defineFilter } from 'webgarden'
export default defineFilter({
  name: 'word',
  sendResponse(pfc, headers) { headers.setHeader('X-Word', '${word}'); return 'REQ_NEXT_NOTIFICATION' },
})`

t.test('try serves a module at once, and anew when it changes', async (t) => {
  const folder = await writeFolder({}, { 'word.mjs': FILTER('first') })
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const child = spawnNode([CLI, 'try', './word.mjs'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const { stdout } = child
  if (!stdout) throw new Error('its output is not piped')
  let output = ''
  const ready = async (times: number): Promise<void> => {
    while ((output.match(/^ready$/gm) ?? []).length < times) {
      const [chunk] = (await once(stdout, 'data')) as [Buffer]
      output += chunk.toString()
    }
  }
  await ready(1)
  const [, url = ''] = /trying .*word\.mjs \(filter\) on (\S+)/.exec(output) ?? []
  const first = await fetch(url)
  t.equal(first.headers.get('x-word'), 'first')
  t.match(
    await first.json(),
    { method: 'GET', url: '/' },
    'behind it is an application that shows the request',
  )
  await writeFile(join(folder, 'word.mjs'), FILTER('second'))
  await ready(2)
  t.equal((await fetch(url)).headers.get('x-word'), 'second')
  child.kill('SIGINT')
  t.same(await once(child, 'close'), [0, null])
  t.match(await webgarden(folder, 'try ./nothing.mjs'), { code: 4, stderr: /nothing\.mjs is not there/ })
})
