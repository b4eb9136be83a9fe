/** What `webgarden start` prints once it serves: each URL, the pools, where the logs are. */
import type { RunningServer } from '../start.js'

/** With many sites the list would hide what matters; then it says how many there are. */
const LIST_AT_MOST = 20

export const printSummary = ({ config, bindings }: RunningServer): void => {
  for (const { binding, port } of bindings) {
    process.stdout.write(`listening on ${binding.protocol}://${placeOf(binding, port)}\n`)
  }
  if (config.sites.length > LIST_AT_MOST) {
    process.stdout.write(`${config.sites.length} sites, ${config.applicationPools.length} pools\n`)
    return
  }
  const portOf = new Map(bindings.map(({ binding, port }) => [binding, port]))
  for (const site of config.sites) {
    process.stdout.write(`site ${site.name}\n`)
    const [first] = site.bindings
    for (const application of site.applications) {
      const at = first
        ? `${first.protocol}://${placeOf(first, portOf.get(first) ?? first.port)}${application.path}`
        : application.path
      process.stdout.write(`  ${at.padEnd(42)} pool ${application.applicationPool}\n`)
    }
  }
  const folders = new Set(
    config.sites.filter((site) => site.logFile.enabled).map((site) => site.logFile.directory),
  )
  for (const folder of folders) process.stdout.write(`logs in ${folder}\n`)
}

/** `host:port`; what has no port is named as in its binding. */
const placeOf = (binding: { host: string; address: string }, port: number): string =>
  port === 0 && /^(?:unix|systemd):/.test(binding.address)
    ? `${binding.address}:${binding.host}`
    : `${hostOf(binding)}:${port}`

const hostOf = ({ host, address }: { host: string; address: string }): string => {
  if (host !== '' && !host.startsWith('*')) return host
  if (address === '*' || address.startsWith('systemd:')) return 'localhost'
  return address.includes(':') ? `[${address}]` : address
}
