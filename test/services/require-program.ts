/** What a test against a real program does where the program is absent: says so loudly, and fails where nothing may be absent. */
import type { Test } from 'tap'
import { findProgram, isProgram } from '../../core/config/find-program.js'

/** The first of `names` that is there; undefined after the test has been told. `CI` in the environment makes that a failure. */
export const requireProgram = (t: Test, names: readonly string[], install: string): string | undefined => {
  const found = names.map((name) =>
    name.startsWith('/') ? (isProgram(name) ? name : undefined) : findProgram(name),
  )
  const program = found.find((one) => one !== undefined)
  if (program !== undefined) return program
  const text = `${names.join(' or ')} is not installed (${install})`
  if (process.env.CI !== undefined && process.env.CI !== '') t.fail(text)
  else console.error(`\n*** SKIPPED: ${t.name}: ${text} ***\n`)
  return undefined
}
