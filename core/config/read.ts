/** Reads `applicationHost.json`: checked, complete and frozen, or every mistake in it at once. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { build } from './build.js'
import { findProblems } from './check.js'
import { validateServer } from './compiled-schema.js'
import { expand, type Environment } from './environment.js'
import { freeze } from './freeze.js'
import { isObject, type Raw } from './inherit.js'
import { parse } from './parse.js'
import { Positions, type Position } from './positions.js'
import type { Problem } from './problem.js'
import { findContradictions } from './references.js'
import type { ServerConfig } from './schema/index.js'

export interface LoadedConfig {
  readonly config: ServerConfig
  /** Where in the file a pointer leads; of what is not in the file, where its nearest parent stands. */
  locate(pointer: string): Position
  /** An error of problems that showed only later (a module's options, a port in use), each with its place. */
  error(problems: readonly ConfigurationProblem[]): ConfigurationError
}

/**
 * @param file - Path of the configuration file.
 * @param environment - Where `%NAME%` and `${NAME}` are looked up.
 * @throws ConfigurationError with all problems, in the order of the file.
 */
export const readConfig = (file: string, environment: Environment = process.env): LoadedConfig => {
  const path = resolve(file)
  const text = readText(path)
  const positions = new Positions(text)
  const error = (problems: readonly Problem[]) => new ConfigurationError(path, inOrder(problems, positions))

  const { value, broken, problems: syntax } = parse(text)
  if (broken) throw error(syntax)
  const unset = expand(value, environment)
  const raw: Raw = isObject(value) ? value : {}
  // Allowed in the file for editors' sake, and of no meaning here.
  delete raw.$schema
  const wrong = findProblems(validateServer, value, '', true)
  const config = build(raw, path)
  const contradictions = isObject(value) ? findContradictions(config) : []
  // A value with a variable that is not set would be complained about twice.
  const known = new Set(unset.map(({ pointer }) => pointer))
  const problems = [
    ...syntax,
    ...unset,
    ...[...wrong, ...contradictions].filter(({ pointer }) => !known.has(pointer)),
  ]
  if (problems.length > 0) throw error(problems)
  return { config: freeze(config), locate: (pointer) => positions.find(pointer), error }
}

/** An error of problems that showed only after the reading, each with its place in the file. */
export const errorIn = (file: string, problems: readonly ConfigurationProblem[]): ConfigurationError => {
  const path = resolve(file)
  return new ConfigurationError(path, inOrder(problems, new Positions(readText(path))))
}

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'this is a folder, not a file'
          : message
    throw new ConfigurationError(path, [
      { pointer: '', message: `cannot be read: ${why}`, line: 1, column: 1 },
    ])
  }
}

const inOrder = (problems: readonly Problem[], positions: Positions): ConfigurationProblem[] =>
  problems
    .map(({ pointer, message, line, column, atKey }) => {
      const place =
        line !== undefined && column !== undefined ? { line, column } : positions.find(pointer, atKey)
      return { pointer, message, ...place }
    })
    .sort((a, b) => a.line - b.line || a.column - b.column)
