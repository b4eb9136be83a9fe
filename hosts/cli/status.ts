/** `webgarden status`: is it there, and how is it? */
import type { Status } from '../../core/control/resources.js'
import { ControlClient } from './control-client.js'
import { shortest } from './failure.js'
import { printJson } from './list.js'
import { age, counted, megabytes, moment } from './words.js'

export const status = async (file: string, { json }: { json?: boolean }): Promise<void> => {
  const facts = await new ControlClient(file).get<Status>('/status')
  if (json) {
    printJson(facts)
    return
  }
  const { sites, apppools } = facts
  const lines = [
    ['server', `webgarden ${facts.version}, Node ${facts.node}, process ${facts.pid}`],
    ['running', `${age(facts.age)}, since ${moment(facts.startedAt)}`],
    ['configuration', `${shortest(facts.file)}, version ${facts.configuration}`],
    ['sites', `${sites.started} started, ${sites.stopped} stopped`],
    ['apppools', `${apppools.started} started, ${apppools.stopped} stopped`],
    ['workers', String(facts.workers)],
    [
      'requests',
      `${facts.queued} queued, ${facts.executing} executing, ${counted(facts.connections, 'connection')}`,
    ],
    ['memory', megabytes(facts.memory)],
  ]
  for (const [name = '', value = ''] of lines) process.stdout.write(`${name.padEnd(15)}${value}\n`)
}
