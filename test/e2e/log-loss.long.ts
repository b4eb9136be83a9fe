/** Nothing that was answered is missing in a log, or there twice: not at a rollover, a reopening, a crash of a log module, the stop. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { webgarden } from '../harness/command.js'
import { numberedLoad, type NumberedLoad } from '../harness/numbered-load.js'
import { startServer, type TestServer } from '../harness/server.js'

/** Beside those of equal requests, which are some ten or twenty thousand. */
const ANSWERS = 80_000
/** SIGHUP comes so often, spread over them; before every third one the files in use are moved away. */
const REOPENINGS = 6
const MOVES = 2
const SMALLEST_FILE = 1_048_576

const MODULE = fileURLToPath(new URL('../harness/crashing-log.js', import.meta.url))
const APP = `export default (request, response) => {
  if (request.url === '/alike') response.setHeader('Cache-Control', 'max-age=600')
  response.end('done:' + (Number.parseInt(request.url.split('=')[1] ?? 0)) + ';')
}`

const bySize = { period: 'MaxSize', truncateSize: SMALLEST_FILE, directory: 'logs' }
const NUMBERED = String.raw`/numbered n=\d+&x{120}|/alike -`
const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`

/** What every line of a format looks like, from its first byte to its last; heads of W3C files are left out. */
const shapes = {
  W3C: new RegExp(
    String.raw`^${TIME} 127\.0\.0\.1 GET (?:${NUMBERED}) \d+ - 127\.0\.0\.1 load - \d+ 0 \d+ \d+$`,
  ),
  JSON: /^\{"time":"[^"]+",.*"cs-uri-stem":"\/(numbered|alike)".*"time-taken":\d+\}$/,
  NCSA: /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/(numbered\?n=\d+&x{120}|alike) HTTP\/1\.1" \d+ \d+$/,
  IIS: new RegExp(
    String.raw`^127\.0\.0\.1, -, [\d/]+, [\d:]+, W3SVC\d, [^,]+, 127\.0\.0\.1, \d+, \d+, \d+, \d+, \d+, GET, /(?:numbered, n=\d+&x{120}|alike, -),$`,
  ),
  CentralW3C: new RegExp(
    String.raw`^${TIME} W3SVC\d 127\.0\.0\.1 GET (?:${NUMBERED}) \d+ - 127\.0\.0\.1 load - \d+ 0 \d+ \d+$`,
  ),
  CentralBinary: new RegExp(
    String.raw`^${TIME} W3SVC\d \S+ 127\.0\.0\.1 GET (?:${NUMBERED}) \d+ - 127\.0\.0\.1 HTTP/1\.1 \d+ 0 \d+ \d+ \d+ \d+$`,
  ),
  // What waited behind another request when its connection was ended.
  HTTPERR: new RegExp(
    String.raw`^${TIME} 127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+ HTTP/1\.1 GET /(?:numbered\?n=\d+&x{120}|alike) - - Client_Reset -$`,
  ),
} as const
type Shape = keyof typeof shapes

interface Logged {
  /** How often each number is there. */
  readonly numbers: Map<number, number>
  alike: number
  files: number
}

/** @throws Error at the first line that is not whole. */
const addLines = (logged: Logged, text: string, shape: Shape, where: string): void => {
  if (text !== '' && !text.endsWith('\n')) throw new Error(`${where} ends within a line: ${text.slice(-200)}`)
  logged.files++
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue
    if (!shapes[shape].test(line)) throw new Error(`${where} has a torn line: ${line.slice(0, 500)}`)
    if (line.includes('/alike')) logged.alike++
    else {
      const number = Number(/[ ?"]n=(\d+)/.exec(line)?.[1])
      logged.numbers.set(number, (logged.numbers.get(number) ?? 0) + 1)
    }
  }
}

/** All files of a log, those that were moved away too. */
const readLogged = async (folders: readonly string[], shape: Shape): Promise<Logged> => {
  const logged: Logged = { numbers: new Map(), alike: 0, files: 0 }
  for (const folder of folders)
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      if (shape === 'CentralBinary') {
        const { code, stdout, stderr } = await webgarden(folder, ['log', 'dump', path])
        if (code !== 0 || stderr !== '') throw new Error(`${path}: ${stderr}`)
        addLines(logged, stdout, shape, path)
        continue
      }
      const bytes = await readFile(path)
      if (bytes.length > SMALLEST_FILE) throw new Error(`${path} has ${bytes.length} bytes`)
      addLines(logged, (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString(), shape, path)
    }
  return logged
}

/** Compares with what the clients of these ports have seen; a request without an answer may be in the log, in that of errors, or in none. */
const compare = (
  t: Test,
  what: string,
  { logged, errors }: { readonly logged: Logged; readonly errors: Logged },
  load: NumberedLoad,
  ports: readonly number[],
): void => {
  const wrong: string[] = []
  for (const [number, port] of load.sent) {
    if (!ports.includes(port)) continue
    const times = logged.numbers.get(number) ?? 0
    const errorTimes = errors.numbers.get(number) ?? 0
    const right = load.answered.has(number) ? times === 1 && errorTimes === 0 : times + errorTimes <= 1
    if (!right) wrong.push(`${number}: ${times} times, and ${errorTimes} as an error`)
  }
  for (const number of logged.numbers.keys())
    if (!ports.includes(load.sent.get(number) ?? 0)) wrong.push(`${number}: never sent here`)
  t.same(wrong.slice(0, 20), [], `${what}: every number once (${wrong.length} wrong, ${logged.files} files)`)
  const sum = (by: ReadonlyMap<number, number>): number =>
    ports.reduce((total, port) => total + (by.get(port) ?? 0), 0)
  t.ok(
    logged.alike >= sum(load.answeredAlike) && logged.alike <= sum(load.sentAlike),
    `${what}: ${logged.alike} equal requests; ${sum(load.answeredAlike)} answered, ${sum(load.sentAlike)} sent`,
  )
}

interface Taken {
  /** All records, each batch once. */
  readonly numbers: readonly number[]
  /** Batches that came again, and those that came out of order. */
  readonly again: number
  readonly disorder: number
}

/** What a log module has got; a batch that it has had already is known by its number. */
const readTaken = async (file: string): Promise<Taken> => {
  const numbers: number[] = []
  let last = 0
  let again = 0
  let disorder = 0
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    if (line === '') continue
    const batch = JSON.parse(line) as { number: number; numbers: readonly number[] }
    if (batch.number === last) again++
    else if (batch.number !== last + 1) disorder++
    else numbers.push(...batch.numbers)
    last = batch.number
  }
  return { numbers, again, disorder }
}

/** What the events of a log module say of its losses. */
const statedLosses = (server: TestServer, name: string): number =>
  [...server.output().matchAll(new RegExp(`"${name}" .*; (\\d+) records? w\\w+ lost`, 'g'))].reduce(
    (sum, [, lost]) => sum + Number(lost),
    0,
  )

/** What logrotate does first: the file in use gets another name. */
const moveAway = async (server: TestServer, folders: readonly string[], round: number): Promise<void> => {
  for (const folder of folders) {
    const from = join(server.folder, 'logs', folder)
    const to = join(server.folder, 'moved', folder)
    await mkdir(to, { recursive: true })
    const numberOf = (name: string): number => Number(/(\d+)\.\w+$/.exec(name)?.[1] ?? 0)
    const names = (await readdir(from).catch(() => [])).filter((name) => numberOf(name) > 0)
    const [newest] = names.sort((a, b) => numberOf(b) - numberOf(a))
    if (newest !== undefined) await rename(join(from, newest), join(to, `${round}-${newest}`))
  }
}

const losesNothing = async (
  t: Test,
  log: Record<string, unknown>,
  sites: readonly { readonly format: 'W3C' | 'JSON' | 'NCSA' | 'IIS'; readonly more?: object }[],
  central: Shape | null,
): Promise<void> => {
  const files = t.testdir()
  const module = (name: string, options: object, logWorker: object): object => ({
    name,
    module: MODULE,
    options: { file: join(files, name), ...options },
    logWorker: { shutdownTimeLimit: '60s', ...logWorker },
  })
  const server = await startServer(
    {
      log: { errorLoggingDir: 'logs', ...log },
      modules: [
        module('crashing', { crashes: true }, { maxWaiting: 268_435_456 }),
        module('tight', { pause: 20 }, { maxWaiting: 262_144 }),
      ],
      pipeline: { log: ['log', 'crashing', 'tight'] },
      applicationPools: [{ name: 'DefaultAppPool', queueLength: 65_535 }],
      sites: sites.map(({ format, more }, index) => ({
        name: `${format}${index}`,
        bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
        applications: [{ path: '/', module: './app.mjs', caching: { enabled: true } }],
        logFile: { logFormat: format, ...bySize, ...more },
      })),
    },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  const folders = central ? ['W3SVC'] : sites.map((_site, index) => `W3SVC${index + 1}`)
  const load = numberedLoad(server.ports, 3)
  for (let round = 1; round <= REOPENINGS; round++) {
    await load.reached((ANSWERS * round) / (REOPENINGS + 1))
    if (round % (REOPENINGS / MOVES) === 0) await moveAway(server, folders, round)
    server.process.kill('SIGHUP')
  }
  await load.reached(ANSWERS)
  const closed = once(server.process, 'close')
  server.process.kill('SIGTERM')
  await load.ended()
  await closed
  t.equal(server.process.exitCode, 0, 'the server was stopped in the middle of it, and ended well')

  const placesOf = (folder: string): string[] =>
    ['logs', 'moved'].map((place) => join(server.folder, place, folder))
  const errors = await readLogged(
    [join(server.folder, 'logs', 'HTTPERR')].filter((folder) => existsSync(folder)),
    'HTTPERR',
  )
  let lines = errors.alike + errors.numbers.size
  for (const [index, folder] of folders.entries()) {
    const shape = central ?? sites[index]?.format ?? 'W3C'
    const logged = await readLogged(placesOf(folder), shape)
    lines += logged.alike + logged.numbers.size
    t.ok(logged.files > MOVES + 2, `${shape}: rolled over, beside the files that were moved`)
    const ports = central ? server.ports : server.ports.slice(index, index + 1)
    compare(t, shape, { logged, errors }, load, ports)
  }

  const crashing = await readTaken(join(files, 'crashing'))
  for (const end of [
    'ended: it called process.exit(7)',
    'ended: nobody catches this',
    'did not take a batch: the database is away',
  ])
    t.ok(server.output().includes(`"crashing" ${end}`), end)
  t.ok(crashing.again > 1, 'a batch that was written before the crash came again')
  t.equal(crashing.disorder, 0, 'batches come in order')
  t.equal(statedLosses(server, 'crashing'), 0, 'no event speaks of a loss')
  t.equal(crashing.numbers.length, lines, 'the module has what the files have')
  const distinct = new Set(crashing.numbers)
  distinct.delete(0)
  t.same(
    [...load.answered].filter((number) => !distinct.has(number)).slice(0, 20),
    [],
    'a module that crashes misses nothing',
  )

  const tight = await readTaken(join(files, 'tight'))
  const lost = statedLosses(server, 'tight')
  t.ok(lost > 0, `${lost} records had no room`)
  t.equal(tight.disorder, 0, 'those of the slow module too')
  t.equal(tight.numbers.length + lost, lines, 'what a slow module misses is what its events say')
}

t.test('files of each site, rolled over by size, reopened, compressed', async (t) => {
  await losesNothing(
    t,
    {},
    [
      { format: 'W3C' },
      { format: 'JSON', more: { retention: { compress: true } } },
      { format: 'NCSA' },
      { format: 'IIS' },
    ],
    null,
  )
})

for (const mode of ['CentralW3C', 'CentralBinary'] as const)
  t.test(`one file for all sites: ${mode}`, async (t) => {
    const section = mode === 'CentralW3C' ? 'centralW3CLogFile' : 'centralBinaryLogFile'
    await losesNothing(
      t,
      { centralLogFileMode: mode, [section]: { enabled: true, ...bySize } },
      [{ format: 'W3C' }, { format: 'W3C' }],
      mode,
    )
  })
