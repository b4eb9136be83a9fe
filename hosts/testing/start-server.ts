/** A whole server for a test: a configuration as an object, free ports, a folder of its own, in the test's own process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { startServer as startOf } from '../start.js'

/** How a test wants its server. */
export interface StartOptions {
  /** The folder that relative paths of the configuration are relative to. Default: a new one, gone with the server. */
  readonly folder?: string
}

/** A whole server that a test has started. */
export interface ServerUnderTest {
  /** `http://127.0.0.1:PORT` of the first binding. */
  readonly url: string
  readonly ports: readonly number[]
  /** What the event log has said. */
  events(): string
  /** Drains and ends it; all logs are written then. */
  stop(): Promise<void>
}

/**
 * Starts a server of a configuration, given as an object; bindings should ask for port 0. Resolves when it accepts requests.
 *
 * @throws ConfigurationError with everything that is wrong.
 */
export const startServer = async (config: object, options: StartOptions = {}): Promise<ServerUnderTest> => {
  const own = await mkdtemp(join(tmpdir(), 'webgarden-test-'))
  const folder = options.folder ?? own
  const file = join(folder, `applicationHost.${process.pid}-${Date.now()}.json`)
  const quiet = { control: { enabled: false }, configHistory: { enabled: false, watch: false } }
  await writeFile(file, JSON.stringify({ ...quiet, ...config }, null, 2))
  const terminal = new PassThrough()
  let said = ''
  terminal.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const clean = async (): Promise<void> => {
    await rm(file, { force: true })
    await rm(own, { recursive: true, force: true })
  }
  try {
    const server = await startOf(file, terminal)
    const ports = server.bindings.map(({ port }) => port)
    return {
      url: `http://127.0.0.1:${ports[0] ?? 0}`,
      ports,
      events: () => said,
      stop: async () => {
        await server.stop()
        await clean()
      },
    }
  } catch (error) {
    await clean()
    throw error
  }
}
