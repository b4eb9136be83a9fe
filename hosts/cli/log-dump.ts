/** `webgarden log dump`: prints a centralized binary log as text or as JSON lines. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { NotABinaryLogError, dumpBinaryLog, type Damage } from '../../modules/log/binary-dump.js'
import { CommandError, exitCodes } from './failure.js'

export const dumpLog = async (file: string, { json = false }: { readonly json?: boolean }): Promise<void> => {
  try {
    await pipeline(Readable.from(linesOf(file, json)), process.stdout, { end: false })
  } catch (error) {
    // Whoever reads, `head` for example, has enough.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return
    throw explained(file, error)
  }
}

async function* linesOf(file: string, json: boolean): AsyncGenerator<string> {
  const bytes = createReadStream(file)
  const pieces = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
  // An error of the file would not reach the stream behind it.
  if (pieces !== bytes) bytes.on('error', (error) => pieces.destroy(error))
  for await (const line of dumpBinaryLog(pieces, json)) {
    if (typeof line === 'string') yield line
    else report(file, line)
  }
}

/** A file that was cut, when the machine stopped for example, has lost its last record: that is no failure. */
const report = (file: string, { offset, bytes, isLast }: Damage): void => {
  process.stderr.write(
    isLast
      ? `webgarden: ${file} ends within a record: its last ${bytes} bytes are left out.\n`
      : `webgarden: ${file} is damaged: ${bytes} bytes from byte ${offset} on are left out.\n`,
  )
  if (!isLast) process.exitCode = exitCodes.failed
}

const explained = (file: string, error: unknown): unknown => {
  if (error instanceof NotABinaryLogError)
    return new CommandError(
      `${file}: ${error.message}. \`log dump\` reads the .ibl files of centralLogFileMode CentralBinary; all other logs are text.`,
      exitCodes.failed,
    )
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return new CommandError(`There is no file ${file}.`, exitCodes.notFound)
  return code === undefined
    ? error
    : new CommandError(`${file} cannot be read: ${message}.`, exitCodes.failed)
}
