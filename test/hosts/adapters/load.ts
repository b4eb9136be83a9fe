/** What the tests of the adapters share: applications in files of their own, loaded as a worker loads them. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import { standardAdapters } from '../../../hosts/adapters/standard.js'
import { HostedApplications, type Hosted } from '../../../hosts/runtime/hosted-applications.js'

export interface Loaded {
  readonly hosted: Hosted
  readonly applications: HostedApplications
  readonly events: readonly ServerEvent[]
}

export const settings = (more: Partial<ApplicationSettings>): ApplicationSettings => ({
  id: 1,
  name: '/',
  site: 'Site',
  siteId: 1,
  pool: 'Pool',
  mount: '',
  pathBase: 'strip',
  type: undefined,
  module: undefined,
  physicalPath: process.cwd(),
  environment: {},
  options: {},
  accessPolicy: ['Read', 'Script'],
  handlers: [],
  filters: [],
  modules: [],
  warmUp: [],
  port: 8080,
  ...more,
})

/** Loads one file as an application; waits until it is ready or has failed. */
export const load = async (
  test: Test,
  name: string,
  source: string,
  more: Partial<ApplicationSettings> = {},
  startupTimeLimit = 10_000,
): Promise<Loaded> => {
  const folder = test.testdir({ [name]: source })
  const events: ServerEvent[] = []
  const applications = new HostedApplications(await standardAdapters(), (event) => events.push(event))
  const one = settings({ module: join(folder, name), physicalPath: folder, ...more })
  await applications.start({
    workerId: 1,
    pool: 'Pool',
    startupTimeLimit,
    startsBy: Infinity,
    pinged: true,
    applications: [one],
    adapters: [],
  })
  const hosted = applications.get(1)
  if (!hosted) throw new Error('It was not added')
  return { hosted, applications, events }
}

export interface Front {
  readonly port: number
  /** What answers. */
  listener: RequestListener
}

/** A server on a free port; opened before anything takes `listen` over. */
export const openFront = async (test: Test): Promise<Front> => {
  const front = { port: 0, listener: (() => undefined) as RequestListener }
  const server = createServer((request, response) => {
    front.listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.teardown(() => server.close())
  front.port = (server.address() as AddressInfo).port
  return front
}

export const answerOf = async (front: Front, { hosted, events }: Loaded, path = '/'): Promise<string> => {
  if (hosted.state !== 'ready')
    throw new Error(`It is ${hosted.state}: ${events.map(({ text }) => text).join()}`)
  front.listener = (request, response) => {
    hosted.handle(request, response, false, null)
  }
  const response = await fetch(`http://127.0.0.1:${front.port}${path}`, { headers: { connection: 'close' } })
  return response.text()
}
