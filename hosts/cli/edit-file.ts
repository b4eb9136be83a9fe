/** Changes a configuration file as a whole or not at all: what is wrong is never written, and comments stay. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ConfigurationError } from '../../core/errors.js'
import { CommandError, exitCodes, shortest } from './failure.js'

/**
 * Reads the file, lets `edit` change its text, checks the result as a start would, and puts it in the place of the old one in
 * one step. Mode and owner stay; a link stays a link.
 *
 * @returns false where nothing changed.
 * @throws ConfigurationError where the result would be wrong, CommandError where the file has changed meanwhile.
 */
export const editFile = async (file: string, edit: (text: string) => string): Promise<boolean> => {
  const path = resolved(file)
  const before = readFileSync(path, 'utf8')
  const after = edit(before)
  if (after === before) return false
  // In the same folder: relative paths lead to the same places, and the change of name is one step.
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.new`)
  try {
    writeLike(draft, path, after)
    await check(draft, file)
    if (readFileSync(path, 'utf8') !== before) {
      throw new CommandError(
        `${shortest(file)} was changed by somebody else meanwhile; nothing was written, try again`,
        exitCodes.conflict,
      )
    }
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
  return true
}

const resolved = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    throw new CommandError(
      `there is no configuration file ${file}; make one with: webgarden init`,
      exitCodes.configuration,
    )
  }
}

/** On the disk before it gets its name: after a power failure there is the old file or the new one. */
const writeLike = (draft: string, model: string, text: string): void => {
  const { mode, uid, gid } = statSync(model)
  const handle = openSync(draft, 'wx', mode)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  chmodSync(draft, mode)
  // Only root can give a file away, and only root needs to.
  if (process.getuid?.() === 0) chownSync(draft, uid, gid)
}

/** Mistakes are told of the file that the user knows. */
const check = async (draft: string, file: string): Promise<void> => {
  const { checkConfig } = await import('../start.js')
  try {
    await checkConfig(draft)
  } catch (error) {
    throw error instanceof ConfigurationError ? new ConfigurationError(file, error.problems) : error
  }
}
