/** Clients that ask without a pause while a server is restarted, and the end of a server that has been. */
import { Agent, request } from 'node:http'
import { once } from 'node:events'
import { webgarden } from './command.js'
import type { TestServer } from './server.js'

export interface Load {
  /** Requests that were answered as they should be. */
  readonly well: () => number
  /** What else came, or went wrong. */
  readonly other: readonly string[]
  /** No further requests; resolves when those under way are done. */
  stop(): Promise<void>
}

/** Half of the clients keep their connections, the others make one for each request. */
export const load = (port: number, clients: number, expected: RegExp): Load => {
  const keeping = new Agent({ keepAlive: true })
  const other: string[] = []
  let well = 0
  let over = false
  const ask = (agent: Agent | false): Promise<void> =>
    new Promise((resolve) => {
      const call = request({ host: '127.0.0.1', port, path: '/', agent }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.once('close', () => {
          if (response.complete && response.statusCode === 200 && expected.test(text)) well++
          else other.push(`${String(response.statusCode)} ${text.slice(0, 80)}`)
          resolve()
        })
      })
      call.once('error', (error) => {
        other.push(error.message)
        resolve()
      })
      call.end()
    })
  const running = Array.from({ length: clients }, async (_client, at) => {
    while (!over) await ask(at % 2 === 0 ? keeping : false)
  })
  return {
    well: () => well,
    other,
    stop: async () => {
      over = true
      await Promise.all(running)
      keeping.destroy()
    },
  }
}

/** The process that serves a folder's configuration now. */
export const servingPid = async (folder: string): Promise<number> =>
  (JSON.parse((await webgarden(folder, 'status --json')).stdout) as { pid: number }).pid

/** Ends the server that has taken the place of the one that was started; the harness's own `stop` would wait for it. */
export const stopSuccessor = async (server: TestServer): Promise<void> => {
  const closed = once(server.process, 'close')
  process.kill(await servingPid(server.folder), 'SIGTERM')
  // The pipes that they share are closed when the last of them has ended.
  await closed
  await server.stop()
}

/** Resolves when the process that was started first has ended. */
export const firstExit = async (server: TestServer): Promise<number | null> => {
  const { exitCode } = server.process
  if (exitCode !== null) return exitCode
  const [code] = (await once(server.process, 'exit')) as [number | null]
  return code
}
