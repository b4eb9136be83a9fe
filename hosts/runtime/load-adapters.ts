/** The adapters that a worker knows: the standard ones, behind those that the configuration declares. */
import { pathToFileURL } from 'node:url'
import type { AdapterModule } from '../../core/contract/adapter.js'
import type { AdapterSettings } from '../../core/contract/messages.js'

/** @throws Error that names the module when it cannot be loaded or exports no adapter. */
export const loadAdapters = async (
  declared: readonly AdapterSettings[],
  standard: readonly AdapterModule[],
): Promise<readonly AdapterModule[]> => {
  const own: AdapterModule[] = []
  for (const { name, module } of declared) {
    const exported: unknown = await import(module.startsWith('/') ? pathToFileURL(module).href : module)
    const adapter = findAdapter(exported)
    if (!adapter)
      throw new Error(`Module "${name}" (${module}) exports no adapter; make one with defineAdapter`)
    own.push(adapter)
  }
  return [...own, ...standard]
}

const findAdapter = (exported: unknown): AdapterModule | undefined =>
  Object.values(exported as Record<string, unknown>).find(
    (value): value is AdapterModule =>
      typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'adapter',
  )
