/** `webgarden start|stop|recycle`: asks the running server, and waits until it is done. */
import type {
  Flushed,
  PoolResource,
  Recycled,
  SiteResource,
  WorkerResource,
} from '../../core/control/resources.js'
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

/** What of the cache is to be forgotten; all of it where nothing is said. */
export interface FlushOptions {
  readonly url?: string | undefined
  readonly prefix?: boolean | undefined
  readonly site?: string | undefined
  readonly tag?: string | undefined
}

export const flushCache = async (file: string, options: FlushOptions): Promise<void> => {
  const client = new ControlClient(file)
  const query = new URLSearchParams()
  for (const name of ['url', 'site', 'tag'] as const) {
    const value = options[name]
    if (value !== undefined) query.set(name, value)
  }
  if (options.prefix === true) query.set('prefix', 'true')
  const all = query.size === 0
  const path = `/cache/flush${all ? '' : `?${query.toString()}`}`
  const { body } = await client.ask<Flushed>({ method: 'POST', path })
  if (body.stages.length === 0) say('there is no cache to flush')
  else say(all ? 'the cache is empty' : `${counted(body.responses, 'response')} forgotten`)
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
