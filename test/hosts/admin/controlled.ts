/** The control service over a real socket, on WAS with workers whose every word a test speaks. */
import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerConfig, ServerEvent } from '../../../core/index.js'
import { build } from '../../../core/config/build.js'
import { openControl } from '../../../hosts/admin/control.js'
import type { Steered } from '../../../hosts/admin/steered.js'
import { Hosted } from '../../core/was/hosted.js'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

type Pools = ConstructorParameters<typeof Hosted>[0]

export class Controlled {
  readonly hosted: Hosted
  readonly steered: Steered
  readonly events: ServerEvent[] = []
  flushed = 0
  readonly socket: string
  close: () => Promise<void> = () => Promise.resolve()

  private constructor(folder: string, pools: Pools, more: Partial<Steered>) {
    this.hosted = new Hosted(pools)
    this.socket = join(folder, 'control.sock')
    const config = configOf(pools, { socket: this.socket })
    const { hosted } = this
    this.steered = {
      clock: hosted.clock,
      events: { write: (event) => this.events.push(event) },
      startedAt: hosted.clock.now() - 5000,
      config: () => config,
      live: {
        reload: () => Promise.reject(new Error('not in this test')),
        versions: () => Promise.resolve([]),
        rollback: () => Promise.reject(new Error('not in this test')),
      },
      restart: () => Promise.resolve({ pid: 4711 }),
      cannotRestart: () => null,
      pools: () => hosted.service.pools.values(),
      regionsOf: (pool) => hosted.service.regionsOf(pool),
      application: (site, path) => hosted.service.sites.application(site, path),
      portOf: ({ port }) => port,
      isSiteStarted: (name) => hosted.service.isSiteStarted(name),
      startSite: (name) => {
        const site = config.sites.find((one) => one.name === name)
        if (site) hosted.service.startSite(site, ({ port }) => port)
        return Promise.resolve()
      },
      stopSite: (name) => {
        hosted.service.stopSite(name)
      },
      requests: () => this.underWay,
      connectionCount: () => 7,
      modules: () => [{ name: 'cache', kind: 'stage', slot: 'cache', source: 'standard' }],
      flush: () => {
        this.flushed++
        return Promise.resolve({ stages: ['cache'], responses: 2 })
      },
      ...more,
    }
  }

  /** What `list requests` shows. */
  underWay: ReturnType<Hosted['ask']>[] = []

  static async open(pools: Pools, more: Partial<Steered> = {}): Promise<Controlled> {
    const folder = await mkdtemp(join(tmpdir(), 'control-'))
    const controlled = new Controlled(folder, pools, more)
    const control = await openControl(controlled.steered.config(), controlled.steered.events)
    control.serve(controlled.steered)
    controlled.close = async () => {
      await control.close()
      await rm(folder, { recursive: true, force: true })
    }
    return controlled
  }

  get(path: string): Promise<Reply> {
    return ask({ socketPath: this.socket, path })
  }

  post(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return ask({ socketPath: this.socket, path, method: 'POST', headers })
  }
}

export const configOf = (pools: Pools, control: object): ServerConfig => {
  const sites = pools.map(({ name }) => ({
    name,
    bindings: [{ protocol: 'http', bindingInformation: `*:80:${name}` }],
    applications: [
      { path: '/', module: 'app.js', applicationPool: name },
      { path: '/shop', module: 'shop.js', applicationPool: name },
    ],
  }))
  return build({ applicationPools: pools, sites, control }, '/srv/applicationHost.json')
}

export const ask = (options: {
  readonly socketPath?: string
  readonly port?: number
  readonly path: string
  readonly method?: string
  readonly headers?: Record<string, string>
}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const call = request({ agent: false, ...options }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.once('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) })
      })
      response.once('error', reject)
    })
    call.once('error', reject)
    call.end()
  })
