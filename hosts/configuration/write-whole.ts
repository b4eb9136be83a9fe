/** Writes a file so that whoever reads it sees all of the old or all of the new, whatever happens. */
import { open, realpath, rename, rm, stat } from 'node:fs/promises'

/** Only its owner may read a configuration of which nothing else is known: it may hold secrets. */
const OWNER_ONLY = 0o600

/** A file that was there keeps its permissions; a link stays a link, and what it points to is written. */
export const writeWhole = async (file: string, text: string): Promise<void> => {
  const target = await realpath(file).catch(() => file)
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => OWNER_ONLY,
  )
  const beside = `${target}.${process.pid}.new`
  try {
    const handle = await open(beside, 'w', mode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, target)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
