/** A program's processes behind the machinery of the proxy. */
import { setTimeout as delay } from 'node:timers/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApplicationSettings, HostedApplication } from '../../../core/index.js'
import { answerFailure } from '../proxy/failure.js'
import { forward, type Forwarding } from '../proxy/forward.js'
import { FORWARD_DEFAULTS } from '../proxy/options.js'
import { Servers, type Choice, type Upstream } from '../proxy/servers.js'
import { forwardUpgrade } from '../proxy/upgrade.js'
import { PROGRAM_DEFAULTS, type ProgramOptions } from './options.js'
import { Supervised } from './supervised.js'

/** @throws Error that says why the program does not run. */
export const hostProgram = async (
  { physicalPath, environment, mount, pathBase }: ApplicationSettings,
  say: (text: string) => void,
  given: Partial<ProgramOptions> & Pick<ProgramOptions, 'command'>,
): Promise<HostedApplication> => {
  const options: ProgramOptions = { ...PROGRAM_DEFAULTS, ...given }
  const processes = Array.from(
    { length: options.processesPerApplication },
    () => new Supervised(options, physicalPath, { ...process.env, ...environment }, say),
  )
  const how: Forwarding = {
    say,
    choice: new Running(processes),
    options: { ...FORWARD_DEFAULTS, requestTimeout: options.requestTimeout },
    mount: pathBase === 'strip' ? mount : '',
  }
  const close = async (deadline: number): Promise<void> => {
    await Promise.all(processes.map((one) => one.close(deadline)))
  }
  try {
    await Promise.all(processes.map((one) => one.start()))
  } catch (error) {
    await close(Date.now() + 1000)
    throw error
  }
  const anyReady = (): boolean => processes.some(({ server }) => server !== undefined)
  const wait = async (): Promise<boolean> => {
    const until = Date.now() + options.startupTimeLimit
    while (!anyReady()) {
      if (Date.now() > until || processes.every(({ failed }) => failed !== undefined)) return false
      await delay(20)
    }
    return true
  }
  const handleLater = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (await wait()) forward(request, response, how)
    else answerFailure(response, 503, 'The program is not running')
  }
  return {
    handle(request, response) {
      if (anyReady()) forward(request, response, how)
      else void handleLater(request, response)
    },
    upgrade(request, socket, head) {
      forwardUpgrade(request, socket, head, how)
    },
    close,
  }
}

/** Those of the processes that answer now. */
class Running implements Choice {
  private readonly processes: readonly Supervised[]

  constructor(processes: readonly Supervised[]) {
    this.processes = processes
  }

  pick(tried: readonly Upstream[]): Upstream | undefined {
    const ready = this.processes.flatMap(({ server }) => (server && !tried.includes(server) ? [server] : []))
    return new Servers(ready, 'leastConnections', 1, 1).pick([])
  }

  /** The end of a process is what tells. */
  failed(): void {
    return
  }

  succeeded(): void {
    return
  }
}
