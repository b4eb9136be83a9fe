/** Hosts any program that listens for HTTP, after IIS's httpPlatform section; needs no module. */
import type { TUnsafe } from 'typebox'
import { defineAdapter } from '../../core/index.js'
import { programSchema, type ProgramOptions } from './program/options.js'

export const program = defineAdapter({
  name: 'program',
  options: programSchema as unknown as TUnsafe<Partial<ProgramOptions> & Pick<ProgramOptions, 'command'>>,
  needsModule: false,
  async adapt({ application, tell }, given) {
    const [{ hostProgram }, { Reports }] = await Promise.all([
      import('./program/host-program.js'),
      import('./gateway/reports.js'),
    ])
    const reports = new Reports(application.name, tell)
    return hostProgram(
      application,
      (text) => {
        reports.failed(text)
      },
      given,
    )
  },
})
