/** What no single value shows: names taken twice, references that lead nowhere, applications that contradict each other. */
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { checkBindings } from './bindings.js'
import { DEFAULT_POOL } from './build.js'
import { checkIsolation } from './isolation.js'
import { limitsOfOneListener } from './listener-threads.js'
import { suggestion } from './nearest.js'
import { member, type Problem } from './problem.js'
import type { ApplicationConfig, PoolConfig, ServerConfig, SiteConfig } from './schema/index.js'
import { collectionKeys } from './filtering-keys.js'
import { slots } from './slots.js'

/** Looks at a whole configuration; names that are empty (missing in a wrong file) are passed over. */
export const findContradictions = (config: ServerConfig): Problem[] => {
  const problems: Problem[] = []
  const report = (pointer: string, message: string): void => {
    // What applications inherit from their site is wrong once, where it stands.
    if (problems.some((known) => known.pointer === pointer && known.message === message)) return
    problems.push({ pointer, message })
  }
  const files = new ModuleFiles()
  const pools = new Set(config.applicationPools.map((pool) => pool.name)).add(DEFAULT_POOL)
  checkNames(config, report)
  checkBindings(config, report)
  checkProxyProtocol(config, report)
  checkModules(config, files, report)
  for (const site of config.sites) checkApplications(site, pools, files, report)
  checkSiteLogs(config, report)
  for (const pool of isolatedApart(config)) checkIsolation(pool, report)
  checkEnvironments(config, report)
  checkControl(config, report)
  for (const { pointer, message } of limitsOfOneListener(config)) report(pointer, message)
  return problems
}

const checkControl = ({ control }: ServerConfig, report: Report): void => {
  const { enabled, token, tokenFile } = control.http
  if (!enabled || token !== undefined || tokenFile !== undefined) return
  report(
    '/control/http',
    'needs a "token" or a "tokenFile": without one every program here could steer the server',
  )
}

type Report = (pointer: string, message: string) => void

/** Remembers who took a key first, and reports everybody who comes later. */
class Taken {
  private readonly owners = new Map<string, string>()

  add(key: string, owner: string, late: (first: string) => void): void {
    const first = this.owners.get(key)
    if (first === undefined) this.owners.set(key, owner)
    else late(first)
  }
}

const checkNames = (config: ServerConfig, report: Report): void => {
  for (const [what, all] of [
    ['application pool', config.applicationPools],
    ['site', config.sites],
    ['module', config.modules],
  ] as const) {
    const names = new Taken()
    for (const { name, pointer } of all) {
      if (name === '') continue
      names.add(name.toLowerCase(), pointer, (first) => {
        report(
          `${pointer}/name`,
          `the ${what} "${name}" is already declared at ${first}; names are the same in any case`,
        )
      })
    }
  }
  const ids = new Taken()
  for (const { id, pointer } of config.sites) {
    ids.add(String(id), pointer, (first) => {
      report(`${pointer}/id`, `the site id ${id} is already that of ${first}`)
    })
  }
}

/** Connections of one socket begin alike. */
const checkProxyProtocol = (config: ServerConfig, report: Report): void => {
  const sockets = new Map<number, { address: string; proxyProtocol: boolean; pointer: string }[]>()
  for (const { address, port, proxyProtocol, pointer } of config.sites.flatMap(({ bindings }) => bindings)) {
    if (port === 0) continue
    const known = sockets.get(port) ?? []
    sockets.set(port, known)
    const other = known.find(
      (one) =>
        one.proxyProtocol !== proxyProtocol &&
        (one.address === address || one.address === '*' || address === '*'),
    )
    if (other)
      report(
        `${pointer}/proxyProtocol`,
        `must be as at ${other.pointer}, which has the same port; give one of the two another port`,
      )
    known.push({ address, proxyProtocol, pointer })
  }
}

const checkModules = (config: ServerConfig, files: ModuleFiles, report: Report): void => {
  const known = new Set<string>([...slots, ...config.modules.map((module) => module.name)])
  for (const { module, pointer } of config.modules) {
    if (module !== undefined) files.check(module, `${pointer}/module`, report)
  }
  for (const slot of slots) {
    const names = config.pipeline[slot] ?? []
    names.forEach((name, index) => {
      if (name === '' || known.has(name)) return
      const pointer = names.length === 1 ? `/pipeline/${slot}` : `/pipeline/${slot}/${index}`
      report(pointer, `there is no module "${name}"${suggestion(name, known) || '; declare it in "modules"'}`)
    })
  }
}

/** A module that stands nowhere in the slot gets no records at all, whatever a site says. */
const checkSiteLogs = ({ sites, pipeline, modules, log }: ServerConfig, report: Report): void => {
  const inUse = new Set((pipeline.log ?? []).filter((name) => modules.some((module) => module.name === name)))
  for (const { logFile, pointer } of sites) {
    const { enabled, logFormat, modules: wanted = [...inUse] } = logFile
    if (enabled && logFormat === 'Custom' && log.centralLogFileMode === 'Site' && wanted.length === 0) {
      report(
        `${pointer}/logFile/logFormat`,
        'Custom writes no file, and no log module gets the requests of this site: declare one in "modules" and name it in pipeline.log and, ' +
          'where the site has a list, in logFile.modules; or set "enabled": false',
      )
    }
    logFile.modules?.forEach((name, index) => {
      if (name === '' || inUse.has(name)) return
      const remedy = suggestion(name, inUse) || '; name it there too'
      report(
        `${pointer}/logFile/modules/${index}`,
        `there is no log module "${name}" in pipeline.log${remedy}`,
      )
    })
  }
}

const checkApplications = (
  site: SiteConfig,
  pools: ReadonlySet<string>,
  files: ModuleFiles,
  report: Report,
): void => {
  const paths = new Taken()
  for (const application of site.applications) {
    const { path, pointer, applicationPool: pool, module, type } = application
    paths.add(path.toLowerCase(), pointer, (first) => {
      report(
        `${pointer}/path`,
        `the path "${path}" is already that of ${first}; paths are the same in any case`,
      )
    })
    if (pool !== '' && !pools.has(pool)) {
      const near = suggestion(pool, pools) || '; declare it in "applicationPools"'
      report(`${pointer}/applicationPool`, `there is no application pool "${pool}"${near}`)
    }
    if (module !== undefined) files.check(module, `${pointer}/module`, report)
    else if (type === undefined && application.handlers.length + application.modules.length === 0) {
      report(
        pointer,
        'needs "module", the file or package of the application, or "type": "static" for a folder of files',
      )
    }
    checkExtensions(application, files, report)
    checkFiltering(application.requestFiltering, report)
  }
}

/** An entry of a collection that neither names something nor takes something away. */
const checkFiltering = (section: object, report: Report, path = ''): void => {
  for (const [name, value] of Object.entries(section) as [string, unknown][]) {
    const key = collectionKeys[path + name]
    if (key === undefined) {
      if (typeof value === 'object' && value !== null) checkFiltering(value, report, `${path}${name}.`)
      continue
    }
    for (const entry of value as Readonly<Record<string, unknown>>[]) {
      if (entry[key] === undefined)
        report(String(entry.pointer), `needs a "${key}", or says what to "remove", or "clear": true`)
    }
  }
}

const checkExtensions = (
  { handlers, filters, modules }: ApplicationConfig,
  files: ModuleFiles,
  report: Report,
): void => {
  for (const { name, pointer, module } of [...handlers, ...filters, ...modules]) {
    if (!name) report(pointer, 'needs a "name", or says what to "remove", or "clear": true')
    if (module !== undefined) files.check(module, `${pointer}/module`, report)
  }
  for (const { name, module, type, pointer } of handlers) {
    if (name && (module === undefined) === (type === undefined))
      report(pointer, 'needs either a "module" made with defineHandler or the "type" of an adapter')
  }
  for (const { name, module, pointer } of filters) {
    if (name && module === undefined) report(pointer, 'needs a "module", the file or package of the filter')
  }
}

/** The hosts of IIS 5 mode that are processes have the same settings, from the same place: one stands for all. */
const isolatedApart = ({ isolationMode, applicationPools }: ServerConfig): readonly PoolConfig[] =>
  isolationMode === 'iis5'
    ? applicationPools.filter(({ isolation }) => isolation === 'process').slice(0, 1)
    : applicationPools

/** Applications of one pool share its workers, and a worker has one environment. */
const checkEnvironments = (config: ServerConfig, report: Report): void => {
  const remedy =
    config.isolationMode === 'iis5'
      ? 'set "appIsolated": "isolated"'
      : 'give the application a pool of its own'
  const given = new Map<string, Map<string, { value: string; by: string }>>()
  for (const { name, environmentVariables, pointer } of config.applicationPools) {
    const variables = Object.entries(environmentVariables)
    given.set(name, new Map(variables.map(([key, value]) => [key, { value, by: pointer }])))
  }
  for (const site of config.sites) {
    for (const application of site.applications)
      checkEnvironment(application, given.get(application.applicationPool), remedy, report)
  }
}

const checkEnvironment = (
  { environment, applicationPool, pointer }: ApplicationConfig,
  given: Map<string, { value: string; by: string }> | undefined,
  remedy: string,
  report: Report,
): void => {
  for (const [key, value] of Object.entries(environment)) {
    const first = given?.get(key)
    if (first === undefined) given?.set(key, { value, by: pointer })
    else if (first.value !== value) {
      report(
        member(`${pointer}/environment`, key),
        `${key} has another value at ${first.by}, and both share the workers of the pool "${applicationPool}"; ${remedy}`,
      )
    }
  }
}

/**
 * Says what is wrong with the file of a module. Packages are found when they are loaded; a file can be looked for now,
 * once for all the applications that name it.
 */
class ModuleFiles {
  private readonly findings = new Map<string, string | undefined>()

  check(module: string, pointer: string, report: Report): void {
    if (!isAbsolute(module)) return
    if (!this.findings.has(module)) this.findings.set(module, problemOf(module))
    const found = this.findings.get(module)
    if (found !== undefined) report(pointer, found)
  }
}

const problemOf = (file: string): string | undefined => {
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) return `there is no file ${file}`
  return found.isFile() ? undefined : `${file} is no file; name the file that holds the module`
}
