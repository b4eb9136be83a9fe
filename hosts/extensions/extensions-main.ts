/** The thread that imports what applications list, and checks its kind and options. */
import { parentPort, workerData } from 'node:worker_threads'
import { standardModules } from '../../modules/app/standard.js'
import type { FilterModule, WorkerModule, ConfigurationProblem } from '../../core/index.js'
import { checkOptions } from '../../core/registry/check-options.js'
import { importExtension } from '../../core/registry/import-extension.js'
import type { ListedExtension } from '../../core/registry/extensions.js'
import type { ExtensionsMessage, ExtensionsTask } from './check-extensions.js'

const { entries, directory, rawFilters } = workerData as ExtensionsTask
const problems: ConfigurationProblem[] = []
const options: Record<string, Record<string, unknown>> = {}

const say = (message: ExtensionsMessage): void => {
  parentPort?.postMessage(message)
}

const load = async ({
  kind,
  name,
  module,
  folder,
}: ListedExtension): Promise<WorkerModule | FilterModule> => {
  if (module !== undefined)
    return (await importExtension(module, folder, kind)) as WorkerModule | FilterModule
  const found = standardModules[name]
  if (found) return found()
  const known = Object.keys(standardModules).map((one) => `"${one}"`)
  throw new Error(
    `there is no standard module "${name}"; known are ${known.join(', ')}, others need a "module"`,
  )
}

const reportRaw = (loaded: WorkerModule | FilterModule, pointer: string): void => {
  if (rawFilters || loaded.kind !== 'filter') return
  const raw = (['readRawData', 'sendRawData'] as const).filter((one) => loaded[one] !== undefined)
  if (raw.length === 0) return
  problems.push({
    pointer: `${pointer}/module`,
    message: `the filter asks for ${raw.join(' and ')}: bytes of connections are seen by the listener, which runs no filters but with "isolationMode": "iis5"`,
  })
}

for (const entry of entries) {
  say({ at: entry.pointer })
  try {
    const loaded = await load(entry)
    const own = structuredClone(entry.options) as Record<string, unknown>
    problems.push(...(await checkOptions(loaded.options, own, `${entry.pointer}/options`, directory)))
    options[entry.pointer] = own
    reportRaw(loaded, entry.pointer)
  } catch (error) {
    const place = entry.module === undefined ? '/name' : '/module'
    const message = error instanceof Error ? error.message : String(error)
    problems.push({ pointer: `${entry.pointer}${place}`, message })
  }
}
say({ problems, options })
