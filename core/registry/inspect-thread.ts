/** The thread of `inspectApart`: imports one module, and checks its options if it is a log module. */
import { parentPort, workerData } from 'node:worker_threads'
import { pathToFileURL } from 'node:url'
import type { LogModule } from '../contract/log.js'
import type { ConfigurationProblem } from '../errors.js'
import { checkOptions } from './check-options.js'
import type { Inspected, Inspection } from './inspect-apart.js'
import { moduleOf } from './module-of.js'

const inspect = async ({ file, options: given, pointer, directory }: Inspection): Promise<Inspected> => {
  let exported: Record<string, unknown>
  try {
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    return { kind: 'failed', message: `cannot be loaded: ${messageOf(error)}` }
  }
  const module = moduleOf(exported)
  if (module?.kind !== 'log') return { kind: 'other' }
  const options = { ...given }
  const problems: ConfigurationProblem[] = [
    ...(await checkOptions(module.options, options, pointer, directory)),
  ]
  if (problems.length === 0) problems.push(...(await ownCheck(module, options, pointer, directory)))
  const headers = [...new Set((module.headers ?? []).map((name) => name.toLowerCase()))]
  return {
    kind: 'log',
    facts: { kind: 'log', name: module.name, headers },
    webgarden: module.webgarden,
    options,
    problems,
  }
}

const ownCheck = async (
  module: LogModule,
  options: Record<string, unknown>,
  pointer: string,
  directory: string,
): Promise<ConfigurationProblem[]> => {
  try {
    await module.check?.(options, directory)
    return []
  } catch (error) {
    return [{ pointer, message: messageOf(error) }]
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

parentPort?.postMessage(await inspect(workerData as Inspection))
