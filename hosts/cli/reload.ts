/** `webgarden reload`, `config history`, `config rollback`: the running server and the versions of its configuration. */
import type { ConfigVersion, Reloaded } from '../../core/control/resources.js'
import { ControlClient } from './control-client.js'
import { CommandError, exitCodes } from './failure.js'
import { printJson } from './list.js'
import { withProgress } from './progress.js'
import { table } from './table.js'
import { moment } from './words.js'

/** A pool that is recycled may take its time. */
const AS_LONG_AS_IT_TAKES = 0

export const reload = async (client: ControlClient): Promise<Reloaded> => {
  const done = client.ask<Reloaded>({ method: 'POST', path: '/config/reload', timeout: AS_LONG_AS_IT_TAKES })
  return (await withProgress(done, 'reload', () => Promise.resolve('applying the configuration'))).body
}

export const reloadAndTell = async (file: string): Promise<void> => {
  tellReloaded(await reload(new ControlClient(file)))
}

export const tellReloaded = ({ changed, recycled, kept, needsRestart, takenBack }: Reloaded): void => {
  const say = (line: string): boolean => process.stdout.write(`${line}\n`)
  if (changed.length + needsRestart.length === 0) say('the server has this configuration already')
  for (const one of changed) say(`  ${one}`)
  for (const one of needsRestart) say(`  ${one}: counts from the next start of the server`)
  if (recycled.length > 0) say(`recycled: ${recycled.join(', ')}`)
  if (kept.length > 0) say(`not recycled (disallowRotationOnConfigChange): ${kept.join(', ')}`)
  if (takenBack.length === 0) return
  const pools = takenBack.map((name) => `"${name}"`).join(', ')
  throw new CommandError(
    `no worker of pool ${pools} came up under the new configuration; the old one goes on there`,
    exitCodes.failed,
  )
}

export const history = async (file: string, { json }: { json?: boolean }): Promise<void> => {
  const versions = await new ControlClient(file).get<ConfigVersion[]>('/config/history')
  if (json) {
    printJson(versions)
    return
  }
  const columns = [
    { title: 'VERSION', of: ({ version }: ConfigVersion) => version, right: true },
    { title: 'SINCE', of: ({ at }: ConfigVersion) => moment(at) },
    { title: 'BY', of: ({ who }: ConfigVersion) => who },
    { title: 'CHANGES', of: ({ changes }: ConfigVersion) => changes.join('; ') },
  ]
  process.stdout.write(table(columns, versions, process.stdout.columns || 0))
}

export const rollback = async (file: string, version: string | undefined): Promise<void> => {
  const client = new ControlClient(file)
  const seen = await client.ask({ path: '/config' })
  const { body } = await client.ask<Reloaded>({
    method: 'POST',
    path: `/config/rollback${version === undefined ? '' : `?version=${encodeURIComponent(version)}`}`,
    version: seen.version,
    timeout: AS_LONG_AS_IT_TAKES,
  })
  tellReloaded(body)
}
