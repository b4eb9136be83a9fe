/** What the built command does without a server: a first configuration, and completion in a shell. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { CLI, writeFolder } from '../harness/server.js'
import { CONFIG, says } from '../harness/steered.js'

t.test('init writes a configuration that is right, and writes over nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'webgarden-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await says(t, folder, 'init --config mine.json', /wrote mine\.json and public\/index\.html/)
  const written = await readFile(join(folder, 'mine.json'), 'utf8')
  t.match(written, /\/\/ Each pool has a queue/)
  await writeFile(join(folder, 'mine.json'), written.replace('127.0.0.1:8080:', '127.0.0.1:0:'))
  await says(t, folder, 'check --config mine.json', /is right/)
  t.match(await webgarden(folder, 'init --config mine.json'), {
    code: 1,
    stderr: /is there already; nothing was written/,
  })
})

t.test('completion knows commands, options, and names out of the configuration', async (t) => {
  const folder = await writeFolder(CONFIG)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const completed = async (...words: string[]): Promise<string[]> =>
    (await webgarden(folder, ['complete', '--', ...words])).stdout.split('\n').filter(Boolean)
  t.match(await completed('rec'), ['recycle'])
  t.same(await completed('list', 'app'), ['apps', 'apppools'])
  t.same(await completed('recycle', 'apppool', ''), ['Api', 'Static files'])
  t.same(await completed('stop', 'site', 'S'), ['Second'])
  t.same(await completed('set', 'app', 'Main/f'), ['Main/files'])
  t.same(await completed('stop', 'apppool', 'Api', '--no'), ['--no-wait'])
  await mkdir(join(folder, 'sub'))
  t.same(await completed('stop', 'site', '-c', 'none.json', ''), [])
  const script = await says(t, folder, 'completion bash', /complete -o default -F _webgarden webgarden/)
  t.match(await says(t, folder, 'completion zsh', /^#compdef webgarden/), /compadd/)
  t.match(await webgarden(folder, 'completion fish'), { code: 1, stderr: /bash and zsh/ })

  // The script in a real bash, with `webgarden` being the built command.
  const run = `webgarden() { "${process.execPath}" "${CLI}" "$@"; }
${script}
COMP_WORDS=(webgarden recycle apppool S); COMP_CWORD=3; _webgarden; printf '%s\\n' "\${COMPREPLY[@]}"`
  t.equal(execFileSync('bash', ['-c', run], { cwd: folder, encoding: 'utf8' }), 'Static\\ files\n')
})
