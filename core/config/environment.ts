/** `%NAME%` and `${NAME}` in strings of the configuration, replaced from the environment; `$${` is a plain `${`. */
import { member, type Problem } from './problem.js'

export type Environment = Readonly<Record<string, string | undefined>>

const VARIABLE = /\$\$\{|\$\{([A-Za-z_][\w.()]*)\}|%([A-Za-z_][\w.()]*)%/g

/** Known only when a program starts; below a key `options` they are left as they are (httpPlatform, `arguments`). */
const KNOWN_LATER: ReadonlySet<string | undefined> = new Set(['PORT', 'SOCKET', 'HTTP_PLATFORM_PORT'])

/** Replaces in place, in every string within `value`; answers with the variables that are not set. */
export const expand = (value: unknown, environment: Environment): Problem[] => {
  const problems: Problem[] = []
  walk({ '': value }, '', environment, problems)
  return problems
}

const walk = (parent: object, pointer: string, environment: Environment, problems: Problem[]): void => {
  for (const [key, child] of Object.entries(parent) as [string, unknown][]) {
    const here = key === '' && pointer === '' ? '' : member(pointer, key)
    if (typeof child === 'string') {
      if (!child.includes('%') && !child.includes('${')) continue
      ;(parent as Record<string, unknown>)[key] = replace(child, here, environment, problems)
    } else if (typeof child === 'object' && child !== null) {
      walk(child, here, environment, problems)
    }
  }
}

const replace = (text: string, pointer: string, environment: Environment, problems: Problem[]): string =>
  text.replace(VARIABLE, (match, braced: string | undefined, percent: string | undefined) => {
    const name = braced ?? percent
    if (name === undefined) return '${'
    if (KNOWN_LATER.has(percent) && pointer.includes('/options/')) return match
    const value = environment[name]
    if (value === undefined) {
      problems.push({ pointer, message: `the environment variable "${name}" is not set` })
      return match
    }
    return value
  })
