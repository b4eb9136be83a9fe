/** `webgarden list ...`: tables for people, JSON for programs. */
import type {
  AppResource,
  ModuleResource,
  PoolResource,
  RequestResource,
  SiteResource,
  WorkerResource,
} from '../../core/control/resources.js'
import { ControlClient } from './control-client.js'
import { table, type Column } from './table.js'
import { age, megabytes, percent } from './words.js'

/** One listing: where it comes from, and its columns. */
interface Listing<T> {
  readonly path: string
  readonly columns: readonly Column<T>[]
  /** What is said where there is nothing. */
  readonly none: string
}

const listing = <T>(one: Listing<T>): Listing<never> => one

export const listings = {
  sites: listing<SiteResource>({
    path: '/sites',
    none: 'no sites',
    columns: [
      { title: 'SITE', of: ({ name }) => name },
      { title: 'ID', of: ({ id }) => id, right: true },
      { title: 'STATE', of: ({ state }) => state },
      { title: 'APPS', of: ({ applications }) => applications, right: true },
      {
        title: 'BINDINGS',
        of: ({ bindings }) =>
          bindings
            .map(
              ({ protocol, bindingInformation, port }) => `${protocol}/${withPort(bindingInformation, port)}`,
            )
            .join(', '),
      },
    ],
  }),
  apps: listing<AppResource>({
    path: '/apps',
    none: 'no applications',
    columns: [
      { title: 'APP', of: ({ name }) => name },
      { title: 'APPPOOL', of: ({ apppool }) => apppool },
      { title: 'TYPE', of: ({ type }) => type ?? '-' },
      { title: 'SOURCE', of: ({ source }) => source },
    ],
  }),
  apppools: listing<PoolResource>({
    path: '/apppools',
    none: 'no application pools',
    columns: [
      { title: 'APPPOOL', of: ({ name }) => name },
      { title: 'STATE', of: ({ state }) => state },
      { title: 'WORKERS', of: ({ workers, maxProcesses }) => `${workers}/${maxProcesses}`, right: true },
      { title: 'QUEUED', of: ({ queued, queueLength }) => `${queued}/${queueLength}`, right: true },
      { title: 'EXECUTING', of: ({ executing }) => executing, right: true },
      { title: 'ISOLATION', of: ({ isolation }) => isolation },
    ],
  }),
  wps: listing<WorkerResource>({
    path: '/wps',
    none: 'no workers; the first request of a pool starts one',
    columns: [
      { title: 'WP', of: ({ id }) => id, right: true },
      { title: 'APPPOOL', of: ({ apppool }) => apppool },
      { title: 'STATE', of: ({ state }) => state },
      { title: 'PID', of: ({ pid }) => pid, right: true },
      { title: 'AGE', of: (worker) => age(worker.age), right: true },
      { title: 'TAKEN', of: ({ taken }) => taken, right: true },
      { title: 'EXECUTING', of: ({ executing }) => executing, right: true },
      { title: 'OLDEST', of: ({ oldestRequest }) => orDash(oldestRequest, age), right: true },
      {
        title: 'MEMORY',
        of: ({ lastPong, memory }) => (lastPong === undefined ? '-' : megabytes(memory)),
        right: true,
      },
      { title: 'BUSY', of: ({ utilisation }) => orDash(utilisation, percent), right: true },
      { title: 'LAST PONG', of: ({ lastPong }) => orDash(lastPong, age), right: true },
    ],
  }),
  requests: listing<RequestResource>({
    path: '/requests',
    none: 'no requests',
    columns: [
      { title: 'REQUEST', of: ({ id }) => id },
      { title: 'STATE', of: ({ state }) => state },
      { title: 'STAGE', of: ({ stage }) => stage },
      { title: 'AGE', of: (request) => age(request.age), right: true },
      { title: 'WP', of: ({ worker }) => worker ?? '-', right: true },
      { title: 'APPPOOL', of: ({ apppool }) => apppool ?? '-' },
      { title: 'SITE', of: ({ site }) => site ?? '-' },
      { title: 'CLIENT', of: ({ client }) => client },
      { title: 'URL', of: ({ method, url }) => `${method} ${url}` },
    ],
  }),
  modules: listing<ModuleResource>({
    path: '/modules',
    none: 'no modules',
    columns: [
      { title: 'MODULE', of: ({ name }) => name },
      { title: 'KIND', of: ({ kind }) => kind },
      { title: 'SLOT', of: ({ slot }) => slot ?? '-' },
      { title: 'SOURCE', of: ({ source }) => source },
    ],
  }),
} as const

export type ListNoun = keyof typeof listings

export interface ListOptions {
  readonly json?: boolean
  /** Sent as they are: `apppool`, `site`, `elapsed`. */
  readonly filters?: Readonly<Record<string, string | undefined>>
}

export const list = async (
  file: string,
  noun: ListNoun,
  { json, filters = {} }: ListOptions,
): Promise<void> => {
  const { path, columns, none } = listings[noun]
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value)
  const rows = await new ControlClient(file).get<never[]>(
    query.size > 0 ? `${path}?${query.toString()}` : path,
  )
  if (json) printJson(rows)
  else
    process.stdout.write(rows.length === 0 ? `${none}\n` : table(columns, rows, process.stdout.columns || 0))
}

/** The configuration in force is a tree and no table. */
export const listConfig = async (file: string): Promise<void> => {
  printJson(await new ControlClient(file).get('/config'))
}

export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

const orDash = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined ? '-' : format(value)

/** `*:0:` with the port that it really has. */
const withPort = (bindingInformation: string, port: number): string =>
  bindingInformation.replace(/:0:([^:]*)$/, `:${port}:$1`)
