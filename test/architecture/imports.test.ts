/** Guards the walls of the house: who may import whom, and that declared packages are the used ones. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

interface Import {
  readonly file: string
  readonly specifier: string
  /** `import type` and `export type` leave nothing at run time. */
  readonly typeOnly: boolean
  /** The imported file, from the root; undefined for packages. */
  readonly target: string | undefined
}

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(ROOT, path)).isDirectory()) return filesBelow(path)
    return /\.(ts|mjs|cjs|js)$/.test(name) ? [path] : []
  })

const importsOf = (file: string): Import[] => {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
  )) {
    const specifier = match[2] ?? match[3] ?? match[4] ?? ''
    const target = specifier.startsWith('.')
      ? relative(ROOT, join(ROOT, dirname(file), specifier)).replace(/\.js$/, '.ts')
      : undefined
    found.push({ file, specifier, typeOnly: match[1] !== undefined, target })
  }
  return found
}

const sources = ['core', 'modules', 'hosts', 'plugins-example']
  .flatMap(filesBelow)
  .filter((file) => file.endsWith('.ts'))
const imports = sources.flatMap(importsOf)
const packageOf = (specifier: string): string | undefined => {
  if (specifier.startsWith('.') || specifier.startsWith('node:') || builtinModules.includes(specifier))
    return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Violations as `file imports target`, so that a failing test says where to look. */
const where = (guilty: readonly Import[]): string[] =>
  guilty.map((one) => `${one.file} imports ${one.specifier}`)

t.test('core/contract holds types only', async (t) => {
  t.same(
    where(
      imports.filter(
        (one) => one.file.startsWith('core/contract/') && !one.typeOnly && one.target !== undefined,
      ),
    ),
    [],
  )
})

t.test('the request wing and the supervision wing never import each other', async (t) => {
  const crossing = imports.filter(
    ({ file, target }) =>
      (file.startsWith('core/pipeline/') && target?.startsWith('core/was/') === true) ||
      (file.startsWith('core/was/') && target?.startsWith('core/pipeline/') === true),
  )
  t.same(where(crossing), [])
})

t.test('core imports nothing of modules, hosts or examples', async (t) => {
  t.same(
    where(
      imports.filter(
        ({ file, target }) => file.startsWith('core/') && target !== undefined && !target.startsWith('core/'),
      ),
    ),
    [],
  )
})

t.test('the supervision wing knows no HTTP: no listener, no host, no socket', async (t) => {
  const guilty = imports.filter(
    ({ file, specifier, target }) =>
      file.startsWith('core/was/') &&
      (/^(node:)?(http|http2|https|net|tls)$/.test(specifier) || target?.startsWith('hosts/') === true),
  )
  t.same(where(guilty), [])
})

t.test('a module imports the public entry and its own folder only', async (t) => {
  const guilty = imports.filter(({ file, target }) => {
    const [top, slot] = file.split('/')
    if (top !== 'modules' || target === undefined || file === 'modules/standard.ts') return false
    return target !== 'core/index.ts' && !target.startsWith(`modules/${slot ?? ''}/`)
  })
  t.same(where(guilty), [])
})

t.test('a host imports core and its own folder; only a start file knows other rooms', async (t) => {
  // What runs in a worker, or in a test in its place, is put together by these.
  const starts = [
    'hosts/start.ts',
    'hosts/steered.ts',
    'hosts/thread/worker-main.ts',
    'hosts/process/worker-main.ts',
    'hosts/listener-process/process-main.ts',
    'hosts/inline/inline-host.ts',
    'hosts/extensions/extensions-main.ts',
    'hosts/embedded/embedded-listener.ts',
    'hosts/embedded/embedded-receiver.ts',
    'hosts/embedded/ports.ts',
  ]
  const guilty = imports.filter(({ file, target }) => {
    const [top, room] = file.split('/')
    if (top !== 'hosts' || target === undefined || starts.includes(file)) return false
    if (room === 'cli' && target === 'hosts/start.ts') return false
    // One knows the layout of the binary log: who writes it.
    if (file === 'hosts/cli/log-dump.ts' && target === 'modules/log/binary-dump.ts') return false
    // Listeners of other processes are listeners.
    if (room === 'listener-process' && target.startsWith('hosts/listener/')) return false
    if (room === 'testing' && target.startsWith('hosts/')) return false
    return !target.startsWith('core/') && !target.startsWith(`hosts/${room ?? ''}/`)
  })
  t.same(where(guilty), [])
})

t.test(
  'only what runs a worker lets applications in: two mains of their own, and the inline host',
  async (t) => {
    const guilty = imports.filter(
      ({ file, target, typeOnly }) =>
        !typeOnly &&
        target !== undefined &&
        target.startsWith('hosts/runtime/') &&
        !/^hosts\/(runtime|adapters|testing|inline|embedded)\/|worker-main\.ts$/.test(file),
    )
    t.same(where(guilty), [])
  },
)

t.test('the examples import webgarden by its public name only', async (t) => {
  const guilty = imports.filter(
    ({ file, target }) =>
      file.startsWith('plugins-example/') && target !== undefined && !target.startsWith(dirname(file)),
  )
  t.same(where(guilty), [])
})

t.test(
  'only log workers let custom logs in: nothing but a name of their file leads to the standard ones',
  async (t) => {
    const guilty = imports.filter(
      ({ file, target, typeOnly }) =>
        !typeOnly &&
        target !== undefined &&
        !file.startsWith('modules/log-database/') &&
        (target.startsWith('modules/log-database/') || target === 'hosts/log-worker/worker-main.ts'),
    )
    t.same(where(guilty), [])
  },
)

t.test('packages that have one room stay in it', async (t) => {
  const rooms: Record<string, RegExp> = {
    'lru-cache': /^modules\/cache\//,
    piscina: /^hosts\/(thread|log-worker)\//,
    kysely: /^modules\/log-database\//,
    chokidar: /^hosts\/machine\//,
    pino: /^hosts\/event-log\//,
    'sonic-boom': /^modules\/log\//,
    commander: /^hosts\/cli\//,
    'jsonc-parser': /^core\/config\//,
    ajv: /^core\/config\//,
    '@fastify/send': /^(hosts\/(adapters|runtime\/integrated)|modules\/app)\//,
    mime: /^modules\/app\/static-content\//,
    negotiator: /^modules\/app\//,
    'safe-regex2': /^modules\/app\/rewrite\//,
    bcryptjs: /^(modules\/app\/basic-authentication|test\/e2e)\//,
    undici: /^hosts\/adapters\/proxy\//,
  }
  const guilty = imports.filter(({ file, specifier }) => {
    const room = rooms[packageOf(specifier) ?? '']
    return room !== undefined && !room.test(file)
  })
  t.same(where(guilty), [])
})

t.test('declared dependencies are the used ones', async (t) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  // What `webgarden new` writes is text here.
  const shipped = imports.filter(({ file }) => !/^(plugins-example|hosts\/cli\/templates)\//.test(file))
  const used = new Set(
    shipped.map(({ specifier }) => packageOf(specifier)).filter((name) => name !== undefined),
  )
  t.same([...used].sort(), Object.keys(manifest.dependencies).sort())
})

t.test('every source file begins with a sentence on what it is for', async (t) => {
  const silent = sources.filter((file) => !/^(#!.*\n)?\/\*\*/.test(readFileSync(join(ROOT, file), 'utf8')))
  t.same(silent, [])
})

t.test('nothing is called utils, helpers or manager', async (t) => {
  t.same(
    sources.filter((file) => /(^|\/)[^/]*(util|helper|manager)[^/]*/i.test(file)),
    [],
  )
})
