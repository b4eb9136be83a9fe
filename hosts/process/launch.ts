/** The command line and the environment of a worker process: its account, its processors, its node and node's flags. */
import { fileURLToPath } from 'node:url'
import { accountNameOf, lookUpAccount, type Account } from '../../core/config/accounts.js'
import type { PoolConfig } from '../../core/contract/config.js'
import type { ServerEvent } from '../../core/contract/events.js'
import { IDENTITY_ERROR, type WorkerStart } from '../../core/contract/worker-host.js'
import { planAffinity } from './affinity.js'

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** What the event log must know of it. */
  readonly event: ServerEvent | undefined
}

/** @throws Error when the account of the pool has gone since the configuration was checked. */
export const launchOf = ({ id, pool, place = 1 }: WorkerStart): Launch => {
  const account = accountOf(pool)
  const { prefix, event } = planAffinity(pool, place)
  const line = [
    ...prefix,
    ...(account ? become(account) : []),
    pool.nodePath ?? process.execPath,
    // Shown by ps.
    `--title=webgarden worker ${id} (pool ${pool.name})`,
    ...limits(pool),
    ...pool.nodeOptions,
    MAIN,
  ]
  const [command = '', ...args] = line
  const profile = account && pool.processModel.setProfileEnvironment ? profileOf(account) : {}
  return { command, args, env: { ...process.env, ...profile, ...pool.environmentVariables }, event }
}

/** Undefined where the server runs as that account itself. */
const accountOf = (pool: PoolConfig): Account | undefined => {
  const name = accountNameOf(pool)
  if (name === undefined) return undefined
  const account = lookUpAccount(name)
  if (!account) throw Object.assign(new Error(`there is no account "${name}"`), { name: IDENTITY_ERROR })
  return account.uid === process.getuid?.() ? undefined : account
}

/**
 * A program between (util-linux) instead of calls in the worker: its process is never root while node runs in it, whatever
 * node's flags load, and it gets the groups of its account, which node's own `uid` for children would take away.
 */
const become = ({ uid, gid }: Account): string[] => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--init-groups',
  '--inh-caps=-all',
]

const profileOf = ({ name, home, shell }: Account): NodeJS.ProcessEnv => ({
  HOME: home,
  USER: name,
  LOGNAME: name,
  SHELL: shell,
})

const KB_PER_MB = 1024
/** V8's heap of young objects is three times one of its semi-spaces. */
const SEMI_SPACES = 3

/** The limits of a thread, in flags of node. */
const limits = ({ resourceLimits }: PoolConfig): string[] => {
  const { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young, stackSizeMb: stack } = resourceLimits
  const flags: string[] = []
  if (old !== undefined) flags.push(`--max-old-space-size=${Math.ceil(old)}`)
  if (young !== undefined) flags.push(`--max-semi-space-size=${Math.max(1, Math.round(young / SEMI_SPACES))}`)
  if (stack !== undefined) flags.push(`--stack-size=${Math.round(stack * KB_PER_MB)}`)
  return flags
}
