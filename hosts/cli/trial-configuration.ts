/** The configuration with which `webgarden try` serves one module: what is to be seen of it is one request away. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const SHOWCASE = fileURLToPath(new URL('./showcase.js', import.meta.url))

export const trialConfiguration = (
  { kind, slot = 'cache' }: { readonly kind: string; readonly slot: string | undefined },
  file: string,
  port: number,
  options: object,
): object => {
  const entry = { name: 'tried', module: file, options }
  const application = (more: object): object => ({
    control: { enabled: false },
    configHistory: { enabled: false, watch: false },
    sites: [
      {
        name: 'Trial',
        bindings: [{ bindingInformation: `127.0.0.1:${port}:` }],
        applications: [{ path: '/', physicalPath: dirname(file), ...more }],
      },
    ],
  })
  const behind = application({ module: SHOWCASE })
  switch (kind) {
    case 'module':
      return application({ module: SHOWCASE, modules: [entry] })
    case 'handler':
      // A wildcard handler may pass on to what is behind it.
      return application({ module: SHOWCASE, handlers: [entry] })
    case 'filter':
      return application({ module: SHOWCASE, filters: [entry] })
    case 'stage':
      return { modules: [entry], pipeline: { [slot]: before(slot) }, ...behind }
    case 'log':
      return { modules: [entry], pipeline: { log: ['log', 'tried'] }, ...behind }
    case 'balancer':
      return {
        modules: [entry],
        applicationPoolDefaults: { loadBalancing: 'tried', processModel: { maxProcesses: 2 } },
        ...behind,
      }
    case 'adapter':
      return { modules: [entry], ...behind }
    default:
      return application({ module: file, options })
  }
}

/** In front of the standard stage; in slot `log` behind it, where all of them run anyway. */
const before = (slot: string): string[] => (slot === 'log' ? ['log', 'tried'] : ['tried', slot])
