/** `webgarden check`: everything that a start would find wrong, ports included, without serving. */
import { formatProblem } from '../../core/errors.js'
import { checkServer } from '../start.js'
import { reportFailure } from './failure.js'

export const check = async (file: string): Promise<void> => {
  try {
    const { config, withoutEffect } = await checkServer(file)
    for (const setting of withoutEffect) process.stdout.write(`${formatProblem(file, setting)}\n`)
    const applications = config.sites.reduce((sum, site) => sum + site.applications.length, 0)
    process.stdout.write(
      `${file} is right: ${counted(config.sites.length, 'site')}, ${counted(applications, 'application')}, ` +
        `${counted(config.applicationPools.length, config.isolationMode === 'iis5' ? 'host' : 'pool')}.\n`,
    )
    if (withoutEffect.length > 0)
      process.stdout.write(
        `${counted(withoutEffect.length, 'setting')} without effect in isolationMode ${config.isolationMode}, as shown above.\n`,
      )
  } catch (error) {
    reportFailure(error)
  }
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
