/** Asks the servers by itself whether they are well. */
import type { HealthCheck } from './options.js'
import type { Upstream } from './servers.js'

/** @returns ends the checks. */
export const watchHealth = (
  servers: readonly Upstream[],
  check: HealthCheck,
  say: (text: string) => void,
): (() => void) => {
  const timers = servers.map((server) => {
    let inRow = 0
    let busy = false
    const look = async (): Promise<void> => {
      if (busy) return
      busy = true
      const well = await isWell(server, check)
      busy = false
      inRow = well === server.well ? 0 : inRow + 1
      if (inRow === 0 || inRow < (well ? check.successes : check.failures)) return
      inRow = 0
      server.well = well
      if (well) server.asideUntil = 0
      say(`${server.name} ${well ? 'is well again' : `does not answer ${check.path}`}`)
    }
    void look()
    return setInterval(() => void look(), check.interval).unref()
  })
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}

export const isWell = async (
  server: Upstream,
  { path, timeout }: Pick<HealthCheck, 'path' | 'timeout'>,
): Promise<boolean> => {
  try {
    const { statusCode, body } = await server.pool.request({
      path: server.prefix + path,
      method: 'GET',
      signal: AbortSignal.timeout(timeout),
    })
    await body.dump()
    return statusCode < 400
  } catch {
    return false
  }
}
