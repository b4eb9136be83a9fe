/** What WAS says of the isolation mode, and in IIS 5 mode of the hosts that stand in for worker processes. */
import type { ServerConfig } from '../contract/config.js'
import type { ServerEvent } from '../contract/events.js'
import type { WorkerEnd } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import { how } from './events.js'

/** Names that one event shows; of more it says how many there are. */
const SHOWN = 20

const listed = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`

/** What the administrator must know before the first request: settings without effect, applications that can end the server. */
export const isolationModeEvents = (config: ServerConfig): ServerEvent[] => {
  const { isolationMode, settingsWithoutEffect: settings } = config
  const events: ServerEvent[] = []
  const warn = (text: string, facts: NonNullable<ServerEvent['facts']>): void => {
    events.push({ id: 0, level: 'warning', source: 'WAS', text, facts })
  }
  const inline = new Set(
    config.applicationPools.filter(({ isolation }) => isolation === 'inline').map(({ name }) => name),
  )
  const inProcess = config.sites.flatMap((site) =>
    site.applications
      .filter(({ applicationPool }) => inline.has(applicationPool))
      .map(({ path }) => `${site.name}${path}`),
  )
  if (inProcess.length > 0)
    warn(
      "isolationMode is iis5, and these applications run in the server's own process, with all its rights, where an error " +
        `that they do not catch ENDS THE WHOLE SERVER, all sites with it: ${listed(inProcess)}.`,
      { isolationMode, applications: inProcess },
    )
  if (settings.length > 0)
    warn(`These settings do not apply in isolationMode ${isolationMode}: ${listed(settings)}.`, {
      isolationMode,
      settings,
    })
  return events
}

export const iis5Events = {
  /** IIS 5's 37 of W3SVC: out of process application '%1' terminated unexpectedly. */
  hostFailed: (
    applications: readonly Application[],
    worker: number,
    end: WorkerEnd,
    lost: number,
    retried: number,
  ): ServerEvent => {
    const names = applications.map(({ site, path }) => `${site.name}${path}`)
    return {
      id: 37,
      level: 'warning',
      source: 'W3SVC',
      text:
        `Out of process application ${listed(names)} terminated unexpectedly: ${how(end)}. ` +
        `${lost} request${lost === 1 ? '' : 's'} it had taken ${lost === 1 ? 'was' : 'were'} lost` +
        `${retried > 0 ? `, ${retried} given to its next process` : ''}; the next request starts it again.`,
      facts: {
        applications: names,
        worker,
        kind: end.kind,
        exitCode: end.exitCode,
        requests: lost,
        retried,
        error: end.error?.stack,
      },
    }
  },
}
