/** The accounts that worker processes run as: what IIS's words mean here, and what the system knows of an account. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { PoolConfig } from './schema/index.js'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

/** Linux has no accounts of these names; these have the same part: all rights, nobody's rights, those of a web server. */
const BUILT_IN = { LocalSystem: 'root', LocalService: 'nobody', NetworkService: 'www-data' } as const

/** Name of the account that the workers of a pool run as; undefined: that of the server itself. */
export const accountNameOf = ({ processModel }: PoolConfig): string | undefined => {
  const { identityType, userName } = processModel
  if (identityType === 'ApplicationPoolIdentity') return undefined
  return identityType === 'SpecificUser' ? userName : BUILT_IN[identityType]
}

/** Asks the system, whatever its accounts come from; looked up once, since workers start while requests wait. */
export const lookUpAccount = (name: string): Account | undefined => {
  if (!known.has(name)) known.set(name, parse(name, entryOf(name)))
  return known.get(name)
}

const known = new Map<string, Account | undefined>()

const entryOf = (name: string): string => {
  try {
    return execFileSync('getent', ['passwd', '--', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch (error) {
    // It ends with a status where the account is unknown; where the program is, only the file can tell.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? readPasswords() : ''
  }
}

const readPasswords = (): string => {
  try {
    return readFileSync('/etc/passwd', 'utf8')
  } catch {
    return ''
  }
}

/** passwd(5): name, password, uid, gid, comment, home, shell. */
const parse = (name: string, lines: string): Account | undefined => {
  for (const line of lines.split('\n')) {
    const [own, , uid, gid, , home = '/', shell = ''] = line.split(':')
    // getent takes a number for an account's too.
    if (own === name) return { name, uid: Number(uid), gid: Number(gid), home, shell }
  }
  return undefined
}
