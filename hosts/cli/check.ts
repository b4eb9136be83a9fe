/** `webgarden check`: everything that a start would find wrong, ports included, without serving. */
import { checkServer } from '../start.js'
import { reportFailure } from './failure.js'

export const check = async (file: string): Promise<void> => {
  try {
    const { config } = await checkServer(file)
    const applications = config.sites.reduce((sum, site) => sum + site.applications.length, 0)
    process.stdout.write(
      `${file} is right: ${counted(config.sites.length, 'site')}, ${counted(applications, 'application')}, ` +
        `${counted(config.applicationPools.length, 'pool')}.\n`,
    )
  } catch (error) {
    reportFailure(error)
  }
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
