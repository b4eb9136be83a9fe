/** Mutates the corpus against the built server: threads and processes must see the same, and the log what they saw. */
import { mutant, randomFrom } from './request-corpus.js'
import { outcomeOf, SEEING, type Outcome, type Seen } from './seen-requests.js'
import { becomes, socketsOf } from './descriptors.js'
import { startServer } from './server.js'
import { endAndReadLog } from './site-log.js'

export interface FuzzResult {
  readonly requests: number
  /** What is wrong: the input in base64, and what was seen of it. */
  readonly findings: readonly string[]
  readonly seen: number
  readonly refused: number
}

const AT_ONCE = 128
/** Milliseconds of silence after which an input is taken for unfinished. */
const QUIET = 120
/** Once more, where two differ: the machine may have been busy. */
const QUIET_AGAIN = 1_500
const TRIES = 3
const MOST_FINDINGS = 10

/** @returns when `count` requests, each to both hosts in turn, are done; half of them are sent in two packets. */
export const fuzz = async (
  seed: number,
  count: number,
  progress: (left: number) => void = () => undefined,
): Promise<FuzzResult> => {
  const site = (name: string): object => ({
    name,
    bindings: [{ bindingInformation: '127.0.0.1:0:' }],
    applications: [{ path: '/', module: './app.mjs', applicationPool: name }],
  })
  const server = await startServer(
    {
      applicationPools: [{ name: 'thread' }, { name: 'process', isolation: 'process' }],
      sites: [site('thread'), site('process')],
    },
    { 'app.mjs': SEEING },
  )
  const [thread = 0, process = 0] = server.ports
  // Their workers start with their first requests, and hold sockets of their own.
  for (const port of [thread, process]) await outcomeOf(port, Buffer.alloc(0), QUIET_AGAIN)
  const before = socketsOf(server)
  const findings: string[] = []
  const random = randomFrom(seed)
  const seen: Seen[] = []
  let refused = 0
  let left = Math.ceil(count / 2)
  const find = (what: string, input: Buffer, ...outcomes: Outcome[]): void => {
    if (findings.length < MOST_FINDINGS)
      findings.push(`${what}: ${input.toString('base64')} ${JSON.stringify(outcomes)}`)
  }
  const one = async (): Promise<void> => {
    const input = mutant(random)
    const split = random(2) === 0 ? 0 : random(input.length)
    let outcomes = await Promise.all([
      outcomeOf(thread, input, QUIET),
      outcomeOf(process, input, QUIET, split),
    ])
    seen.push(...outcomes[0].seen)
    for (let left = TRIES; left > 0 && differ(outcomes); left--) {
      outcomes = await Promise.all([
        outcomeOf(thread, input, QUIET_AGAIN),
        outcomeOf(process, input, QUIET_AGAIN, split),
      ])
      seen.push(...outcomes[0].seen)
    }
    if (differ(outcomes)) find('seen differently', input, ...outcomes)
    if (outcomes.some(({ closed }) => !closed)) find('hangs', input, ...outcomes)
    if (outcomes[0].statuses.some((status) => /^[45]/.test(status))) refused++
    if (outcomes[0].statuses.includes('500')) find('fails', input, ...outcomes)
  }
  const lane = async (): Promise<void> => {
    while (left-- > 0 && server.process.exitCode === null) {
      if (left % 5_000 === 0) progress(left * 2)
      await one()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  if (server.process.exitCode !== null) findings.push(`the server has ended: ${server.output().slice(-2000)}`)
  else {
    await becomes(() => socketsOf(server) <= before + 1)
    for (const event of server.output().match(/^.*(?:crash|has ended|failed|uncaught).*$/gim) ?? [])
      findings.push(event)
    findings.push(...unlogged(seen, await endAndReadLog(server)))
  }
  await server.stop()
  return { requests: count, findings, seen: seen.length, refused }
}

const differ = ([one, other]: readonly [Outcome, Outcome]): boolean =>
  JSON.stringify(one) !== JSON.stringify(other)

/** Requests that the thread's application saw, and of which the log has no such line. */
const unlogged = (seen: readonly Seen[], log: string): string[] => {
  const lines = log.split('\n')
  const fields =
    lines
      .find((line) => line.startsWith('#Fields: '))
      ?.slice(9)
      .split(' ') ?? []
  const [method, stem, query] = ['cs-method', 'cs-uri-stem', 'cs-uri-query'].map((name) =>
    fields.indexOf(name),
  )
  const counts = new Map<string, number>()
  for (const line of lines) {
    if (line.startsWith('#')) continue
    const columns = line.split(' ')
    const key = keyOf(columns[method ?? 0] ?? '', columns[stem ?? 0] ?? '', columns[query ?? 0] ?? '')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const missing: string[] = []
  for (const { method: asked, url } of seen) {
    const mark = url.indexOf('?')
    const key = keyOf(asked, mark < 0 ? url : url.slice(0, mark), mark < 0 ? '-' : url.slice(mark + 1))
    const left = counts.get(key) ?? 0
    counts.set(key, left - 1)
    if (left <= 0 && missing.length < MOST_FINDINGS)
      missing.push(`not logged as it was seen: ${asked} ${url}`)
  }
  return missing
}

/** A log escapes what would break its lines: only letters and digits are compared, of the path once it is unescaped. */
const keyOf = (method: string, path: string, query: string): string =>
  `${method} ${plain(unescaped(path))} ${plain(unescaped(query))}`

const unescaped = (text: string): string =>
  text.replace(/%([\da-f]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

const plain = (text: string): string => text.replace(/[^A-Za-z0-9]/g, '')
