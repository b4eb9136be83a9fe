/** The package as a stranger has it: packed, installed in an empty folder, written for, and with all examples built against it. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Examples that are declared in `modules`, with the options that they need. */
const stages: Readonly<Record<string, object>> = {
  'adapter-answers': {},
  'cache-map': {},
  'load-balancing': {},
  'log-json-lines': { options: { file: 'requests.ndjson' } },
  'log-sqlite': { options: { file: 'requests.sqlite' } },
  maintenance: { options: { file: 'closed' } },
}

const kinds = ['handler', 'filter', 'module', 'stage', 'log', 'adapter', 'app']

/** What some handlers and filters must be told. */
const optionsOf: Readonly<Record<string, object>> = {
  'filter-authentication': { tokens: { token: 'stranger' } },
  'handler-transmit-file': { folder: 'files' },
  'handler-upload': { folder: 'uploads' },
  'handler-wildcard': { key: 'secret' },
}

t.test('a stranger installs it, begins modules, and builds and runs every example', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'webgarden-stranger-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const inside = (command: string, ...args: string[]) => run(command, args, { cwd: folder })

  // Built already: this test runs from the build.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const tools = ['typescript@5.9', '@types/node@20', 'typebox', 'better-sqlite3@12', '@types/better-sqlite3']
  await inside('npm', 'install', '--no-audit', '--no-fund', `./${tarball}`, ...tools)

  for (const kind of kinds) {
    await inside('npx', 'webgarden', 'new', kind, `my-${kind}`)
  }

  const examples = (await readdir(join(ROOT, 'plugins-example'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && entry.name !== 'sites')
    .map(({ name }) => name)
  for (const name of examples)
    await cp(join(ROOT, 'plugins-example', name), join(folder, name), { recursive: true })
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        ...{ target: 'es2023', module: 'nodenext', types: ['node'], strict: true, skipLibCheck: true },
        ...{ rootDir: '.', outDir: 'built' },
      },
      include: [...examples, ...kinds.map((kind) => `my-${kind}`)],
    }),
  )
  await inside('node_modules/.bin/tsc')
  for (const kind of kinds) {
    await inside(process.execPath, '--test', `built/my-${kind}/test/index.test.js`)
    t.pass(`my-${kind} builds, and its test passes`)
  }
  const fileOf = (name: string): string => `./built/${name}/${name}.js`
  const listed = (prefix: string) => examples.filter((name) => name.startsWith(prefix))
  const config = {
    modules: Object.entries(stages).map(([name, more]) => ({ name, module: fileOf(name), ...more })),
    pipeline: {
      log: ['log-json-lines', 'log-sqlite'],
      cache: 'cache-map',
      validate: ['maintenance', 'validate'],
    },
    sites: [
      {
        name: 'Examples',
        bindings: [{ bindingInformation: '127.0.0.1:0:' }],
        applications: [
          {
            path: '/',
            handlers: listed('handler-').map((name) => ({
              name,
              path: `*.${name}`,
              module: fileOf(name),
              options: optionsOf[name] ?? {},
            })),
            filters: listed('filter-').map((name) => ({
              name,
              module: fileOf(name),
              options: optionsOf[name] ?? {},
            })),
          },
        ],
      },
    ],
  }
  await writeFile(join(folder, 'applicationHost.json'), JSON.stringify(config, null, 2))
  const { stdout } = await inside('npx', 'webgarden', 'check')
  t.match(stdout, /is right/, `${examples.length} examples are what a configuration can name`)
  await writeFile(join(folder, 'run.mjs'), RUN)
  t.match((await inside(process.execPath, 'run.mjs')).stdout, /^200 [Hh]ello/, 'and they serve')
})

const RUN = `
import { readFileSync } from 'node:fs'
import { startServer } from 'webgarden/testing'
const config = JSON.parse(readFileSync('applicationHost.json', 'utf8'))
const server = await startServer(config, { folder: process.cwd() })
const response = await fetch(server.url + '/x.handler-hello', { headers: { authorization: 'Bearer token' } })
console.log(response.status, await response.text(), server.events())
await server.stop()
`
