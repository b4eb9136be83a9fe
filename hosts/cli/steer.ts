/** `webgarden start|stop|recycle`: asks the running server, and waits until it is done. */
import type { PoolResource, Recycled, SiteResource, WorkerResource } from '../../core/control/resources.js'
import { ControlClient } from './control-client.js'
import { CommandError, exitCodes } from './failure.js'
import { withProgress } from './progress.js'
import { counted } from './words.js'

export interface SteerOptions {
  /** False: answer as soon as it is under way. */
  readonly wait: boolean
  /** Seconds to wait at most. */
  readonly timeout?: string
}

export const steerSite = async (file: string, action: 'start' | 'stop', name: string): Promise<void> => {
  const client = new ControlClient(file)
  const path = `/sites/${encodeURIComponent(name)}`
  const seen = await client.ask<SiteResource>({ path })
  const { body } = await client.ask<SiteResource>({
    method: 'POST',
    path: `${path}/${action}`,
    version: seen.version,
  })
  say(`site "${body.name}" is ${body.state}`)
}

export const steerPool = async (
  file: string,
  action: 'start' | 'stop' | 'recycle',
  name: string,
  options: SteerOptions,
): Promise<void> => {
  const client = new ControlClient(file)
  const path = `/apppools/${encodeURIComponent(name)}`
  const seen = await client.ask<PoolResource>({ path })
  const pool = seen.body.name
  const done = client.ask<PoolResource | Recycled>({
    method: 'POST',
    path: `${path}/${action}${options.wait ? '' : '?wait=false'}`,
    version: seen.version,
    timeout: options.wait ? milliseconds(options.timeout) : 10_000,
  })
  const gerund = { start: 'starting', stop: 'stopping', recycle: 'recycling' }[action]
  const { body } = await withProgress(done, `${gerund} apppool "${pool}"`, async () =>
    described(await client.get<WorkerResource[]>(`/wps?apppool=${encodeURIComponent(pool)}`)),
  )
  if ('replaced' in body) tellRecycled(pool, body, options.wait)
  else say(`apppool "${pool}" is ${body.state}`)
}

export const flushCache = async (file: string): Promise<void> => {
  const client = new ControlClient(file)
  const { body } = await client.ask<{ stages: string[] }>({ method: 'POST', path: '/cache/flush' })
  say(body.stages.length === 0 ? 'there is no cache to flush' : 'the cache is empty')
}

const tellRecycled = (pool: string, { replaced, kept, workers }: Recycled, waited: boolean): void => {
  if (!waited) {
    say(`apppool "${pool}" is being recycled`)
    return
  }
  const now = workers.filter(({ state }) => state === 'running').map(({ id }) => id)
  if (replaced.length > 0) {
    const by = now.length > 0 ? `; ${named(now)} ${now.length === 1 ? 'serves' : 'serve'} now` : ''
    say(
      `apppool "${pool}" is recycled: ${named(replaced)} ${replaced.length === 1 ? 'was' : 'were'} replaced${by}`,
    )
  } else if (kept.length === 0) say(`apppool "${pool}" has no running worker: there was nothing to recycle`)
  if (kept.length > 0) {
    throw new CommandError(kept.map(({ reason }) => reason).join('\n'), exitCodes.failed)
  }
}

const named = (ids: readonly number[]): string => `worker${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`

/** What the workers are at, for who waits for them. */
const described = (workers: readonly WorkerResource[]): string =>
  workers.length === 0
    ? 'no workers'
    : workers
        .map(
          ({ id, state, executing }) =>
            `worker ${id} ${state}${executing > 0 ? ` with ${counted(executing, 'request')}` : ''}`,
        )
        .join(', ')

/** @throws CommandError where that is no number of seconds. */
export const milliseconds = (seconds: string | undefined): number => {
  if (seconds === undefined) return 0
  const value = Number(seconds)
  if (Number.isFinite(value) && value > 0) return value * 1000
  throw new CommandError(`--timeout takes a number of seconds, not "${seconds}"`, exitCodes.failed)
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}
