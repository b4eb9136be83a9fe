/** What the user reads when a configuration is wrong: every problem at once, each with its place, and exit code 2. */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { CLI, oneSite, writeFolder } from '../harness/server.js'
import { spawnNode } from '../harness/spawn-node.js'

interface Ended {
  readonly code: number | null
  readonly errors: readonly string[]
  readonly output: string
}

const run = async (
  t: Test,
  command: 'start' | 'check',
  config: object | string,
  files: Record<string, string> = {},
): Promise<Ended> => {
  const folder = await writeFolder(config, files)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const child = spawnNode([CLI, command], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, errors: errors.trim().split('\n'), output }
}

const HELLO = { 'app.mjs': `export default (request, response) => response.end('hello')` }
const good = oneSite([{ path: '/', module: './app.mjs' }])

t.test('a right configuration is said to be right', async (t) => {
  const { code, output } = await run(t, 'check', good, HELLO)
  t.equal(code, 0)
  t.match(output, /is right: 1 site, 1 application, \d+ pool/)
})

t.test('all problems are reported at once, by check and by start', async (t) => {
  const config = `{
  // a comment is allowed
  "applicationPools": [{ "name": "Api", "queueLenght": 10, "queueLength": 5 }],
  "sites": [
    {
      "name": "S",
      "bindings": [{ "protocol": "http", "bindingInformation": "127.0.0.1:0:" }],
      "applications": [
        { "path": "/", "applicationPool": "Apo", "module": "./app.mjs" },
        { "path": "/", "applicationPool": "Api", "module": "./missing.mjs" }
      ]
    }
  ]
}`
  for (const command of ['check', 'start'] as const) {
    const { code, errors } = await run(t, command, config, HELLO)
    t.equal(code, 2)
    const has = (pattern: RegExp): void => {
      t.ok(
        errors.some((line) => pattern.test(line)),
        `${String(pattern)} in\n${errors.join('\n')}`,
      )
    }
    has(/^applicationHost\.json:3:41: \/applicationPools\/0\/queueLenght: .*did you mean "queueLength"/)
    has(/^applicationHost\.json:3:75: \/applicationPools\/0\/queueLength: .*10.*65535/)
    has(/^applicationHost\.json:9:\d+: \/sites\/0\/applications\/0\/applicationPool: .*"Api"/)
    has(/^applicationHost\.json:10:\d+: \/sites\/0\/applications\/1\/path: /)
    has(/^applicationHost\.json:10:\d+: \/sites\/0\/applications\/1\/module: .*missing\.mjs/)
  }
})

t.test('broken JSON is said where it breaks', async (t) => {
  const { code, errors } = await run(t, 'check', '{\n  "sites": [\n    { "name": }\n  ]\n}')
  t.equal(code, 2)
  t.match(errors[0], /^applicationHost\.json:3:\d+: /)
})

t.test('a setting that is not acted on yet is refused, never ignored', async (t) => {
  const config = {
    ...good,
    applicationPools: [{ name: 'DefaultAppPool', CLRConfigFile: 'clr.config' }],
  }
  const { code, errors } = await run(t, 'check', config, HELLO)
  t.equal(code, 2)
  t.match(errors[0], /\/applicationPools\/0\/CLRConfigFile: .*not supported yet/)
})

t.test('a port that is in use is named with its binding', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const config = {
    sites: [
      {
        name: 'S',
        bindings: [{ protocol: 'http', bindingInformation: `127.0.0.1:${port}:` }],
        applications: [{ path: '/', module: './app.mjs' }],
      },
    ],
  }
  for (const command of ['check', 'start'] as const) {
    const { code, errors } = await run(t, command, config, HELLO)
    t.equal(code, 2)
    t.match(
      errors[0],
      new RegExp(`^applicationHost\\.json:\\d+:\\d+: /sites/0/bindings/0: port ${port} .*in use`),
    )
  }
})

t.test('modules: one that cannot be loaded, one for another slot, one with wrong options', async (t) => {
  const stage = (slot: string): string => `
    import { Type } from 'typebox'
    export default {
      kind: 'stage', name: 'own', slot: '${slot}', slots: ['${slot}'],
      options: Type.Object({ file: Type.String(), size: Type.Optional(Type.Integer({ maximum: 9 })) }, { additionalProperties: false }),
      setup: () => ({ run: () => 'CONTINUE' }),
    }`
  const config = {
    ...good,
    modules: [
      { name: 'broken', module: './broken.mjs' },
      { name: 'nothing', module: './nothing.mjs' },
      { name: 'own', module: './own.mjs', options: { size: 10, siez: 1 } },
    ],
  }
  const { code, errors } = await run(t, 'check', config, {
    ...HELLO,
    'broken.mjs': `throw new Error('not today')`,
    'nothing.mjs': `export const nothing = 1`,
    'own.mjs': stage('log'),
  })
  t.equal(code, 2)
  const all = errors.join('\n')
  t.match(all, /\/modules\/0\/module: cannot be loaded: not today/)
  t.match(all, /\/modules\/1\/module: .*exports no module/)
  t.match(all, /\/modules\/2\/options.*file/)
  t.match(all, /\/modules\/2\/options\/size: .*9.*10/)
  t.match(all, /\/modules\/2\/options\/siez: .*did you mean "size"/)

  const misplaced = await run(
    t,
    'check',
    {
      ...good,
      modules: [{ name: 'own', module: './own.mjs', options: { file: 'x' } }],
      pipeline: { cache: 'own' },
    },
    { ...HELLO, 'own.mjs': stage('log') },
  )
  t.equal(misplaced.code, 2)
  t.match(misplaced.errors[0], /\/pipeline\/cache: module "own" is made for the slot "log", not for "cache"/)
})

t.test('a file that is not there is said to be not there', async (t) => {
  const folder = t.testdir({})
  const child = spawnNode([CLI, 'start', '--config', join(folder, 'nowhere.json')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  t.equal(code, 2)
  t.match(errors, /nowhere\.json:1:1: \/: cannot be read: there is no such file/)
})
