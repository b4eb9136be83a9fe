/** `webgarden set|add|delete`: changes the configuration file, then lets the running server take it. */
import type { Change, Noun } from '../../core/config/named.js'
import { ControlClient } from './control-client.js'
import { editFile } from './edit-file.js'
import { CommandError, exitCodes, reportFailure, shortest } from './failure.js'
import { reload, tellReloaded } from './reload.js'

export type Verb = 'set' | 'add' | 'delete'

export const edit = async (file: string, verb: Verb, change: Change): Promise<void> => {
  const { addNamed, deleteNamed, EditError, setNamed } = await import('../../core/config/named.js')
  const { noun, name } = change
  let changed: boolean
  try {
    changed = await editFile(file, (text) => {
      if (verb === 'delete') return deleteNamed(text, noun, name)
      return verb === 'add' ? addNamed(text, change) : setNamed(text, change)
    })
  } catch (error) {
    if (error instanceof EditError)
      throw new CommandError(error.message, error.known ? exitCodes.conflict : exitCodes.notFound)
    reportFailure(error, 'nothing was written')
    return
  }
  const past = { set: 'changed', add: 'added', delete: 'deleted' }[verb]
  process.stdout.write(`${noun} "${name}" ${changed ? `${past} in ${shortest(file)}` : 'is so already'}\n`)
  if (changed) await apply(file)
}

/** A server that does not run, or takes its configuration at its start only, will have it then. */
const apply = async (file: string): Promise<void> => {
  try {
    const report = await reload(new ControlClient(file))
    // It may have seen the change by itself.
    if (report.changed.length + report.needsRestart.length > 0) tellReloaded(report)
    else process.stdout.write('the running server has taken it\n')
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    if (error.exitCode === exitCodes.notRunning) return
    if (error.exitCode !== exitCodes.notBuilt) throw error
    process.stdout.write('the running server goes on as it is; start it again for the change to count\n')
  }
}

export type { Noun }
