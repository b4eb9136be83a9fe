/** `webgarden restart`: another server takes the place of the running one, and no connection is refused. */
import type { Restarted } from '../../core/control/resources.js'
import { ControlClient } from './control-client.js'
import { withProgress } from './progress.js'
import { milliseconds, type SteerOptions } from './steer.js'

export const restart = async (file: string, options: SteerOptions): Promise<void> => {
  const done = new ControlClient(file).ask<Restarted>({
    method: 'POST',
    path: `/restart${options.wait ? '' : '?wait=false'}`,
    timeout: options.wait ? milliseconds(options.timeout) : 10_000,
  })
  const { body } = await withProgress(done, 'restart', () => Promise.resolve('the new server starts'))
  const { pid, former } = body
  process.stdout.write(
    options.wait
      ? `the server is restarted: process ${pid} serves; process ${former} finishes what it has\n`
      : `the server is being restarted\n`,
  )
}
