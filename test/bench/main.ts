/** `npm run bench`: starts each side, drives it, compares, prints the table of ratios. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from './figures.js'
import { findDriver } from './find-driver.js'
import { goals, soakGoals, type Goal } from './goals.js'
import { judge } from './judge.js'
import { describeSetting } from './machine.js'
import { readOptions, type Options } from './options.js'
import { stopEverything } from './processes.js'
import { publish } from './publish.js'
import { runRounds, type Outcome } from './rounds.js'
import type { Run } from './run.js'
import { allSides } from './sides/all.js'
import { soak } from './sides/soak.js'
import { figureTable, ratioTable } from './table.js'

/** Conventional exit codes: a wrong command line, and 128 and the number of SIGINT. */
const EXIT_USAGE = 2
const EXIT_INTERRUPTED = 130

/** Seconds of load before a measurement of several. */
const WARM_UP = 2

const main = async (): Promise<void> => {
  const args = process.argv.slice(2)
  const options = readOptionsOrLeave(args)
  const interruption = new AbortController()
  const folder = await mkdtemp(join(tmpdir(), 'webgarden-bench-'))
  const interrupt = (): void => {
    interruption.abort(new Error('interrupted'))
    void stopEverything()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    const run: Run = {
      driver: await findDriver(),
      seconds: options.seconds,
      warmUp: options.smoke ? 0 : WARM_UP,
      rounds: options.rounds,
      isSmoke: options.smoke,
      folder,
      interrupted: interruption.signal,
    }
    console.error(`driver: ${run.driver.name}`)
    await report(run, options, args)
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    process.exitCode = EXIT_INTERRUPTED
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    await stopEverything()
    await rm(folder, { recursive: true, force: true })
  }
}

const report = async (run: Run, options: Options, args: readonly string[]): Promise<void> => {
  const wanted = options.soak ? soakGoals : goals.filter(({ name }) => isWanted(name, options))
  const outcome = options.soak ? await runSoak(run, options) : await runRounds(sidesFor(wanted), run)
  const judged = wanted.map((goal) => judge(goal, outcome.values))
  const tables = [ratioTable(judged), figureTable(outcome.values)]
  const setting = await describeSetting(run, args)
  console.log(`\n${tables.join('\n\n')}\n\n${Object.values(setting).join('\n')}`)
  if (options.json !== undefined) {
    const content = {
      setting,
      figures: Object.fromEntries(outcome.values),
      judged,
      failures: outcome.failures,
    }
    await writeFile(options.json, `${JSON.stringify(content, null, 2)}\n`)
  }
  if (options.write) await publish(options.soak ? 'soak' : 'figures', setting, tables)
  const missed = judged.filter(({ verdict }) => verdict === 'BELOW' || verdict === 'ABOVE')
  if (outcome.failures.length > 0) console.error(`\n${outcome.failures.join('\n')}`)
  if (outcome.failures.length > 0 || (missed.length > 0 && !options.smoke)) process.exitCode = 1
}

const isWanted = (name: string, { only }: Options): boolean => only.length === 0 || only.includes(name)

const sidesFor = (wanted: readonly Goal[]) => {
  const needed = new Set<Figure | undefined>(wanted.flatMap(({ of, over }) => [of, over]))
  return allSides.filter((side) => side.figures.some((figure) => needed.has(figure)))
}

const runSoak = async (run: Run, { requests }: Options): Promise<Outcome> => {
  const measured = Object.entries(await soak(run, requests)) as [Figure, number][]
  return { values: new Map(measured.map(([figure, value]) => [figure, [value]])), failures: [] }
}

const readOptionsOrLeave = (args: readonly string[]): Options => {
  try {
    return readOptions(args)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(EXIT_USAGE)
  }
}

await main()
