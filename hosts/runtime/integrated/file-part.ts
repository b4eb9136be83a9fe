/** Part of a file, opened to be sent: read piece by piece, never more of it in memory than is under way. */
import { open, type FileHandle } from 'node:fs/promises'
import type { FilePart } from '../../../core/contract/handler.js'

/** Bytes read at a time: half of what may be under way to the listener. */
const PIECE = 131_072

export interface OpenPart {
  readonly length: number
  pieces(): AsyncIterable<Buffer>
  /** Closes what was opened here. */
  close(): Promise<void>
}

/**
 * @throws Error of node's where it cannot be opened, EISDIR where it is no file; RangeError where `offset` is behind its end.
 */
export const openPart = async ({ file, offset = 0, bytesToWrite = 0 }: FilePart): Promise<OpenPart> => {
  const own = typeof file === 'string' ? await open(file) : null
  const handle = own ?? (file as FileHandle)
  try {
    const found = await handle.stat()
    if (!found.isFile())
      throw Object.assign(new Error(`${typeof file === 'string' ? file : 'The handle'} is no file`), {
        code: 'EISDIR' as const,
      })
    const rest = found.size - offset
    if (offset < 0 || rest < 0 || bytesToWrite < 0)
      throw new RangeError(`The file has ${found.size} bytes; it has no ${bytesToWrite} from ${offset} on`)
    const length = bytesToWrite === 0 ? rest : Math.min(bytesToWrite, rest)
    return {
      length,
      pieces: () => piecesOf(handle, offset, length),
      close: async () => {
        await own?.close()
      },
    }
  } catch (error) {
    await own?.close()
    throw error
  }
}

/** A piece is on its way before the next one is read. */
async function* piecesOf(handle: FileHandle, offset: number, length: number): AsyncGenerator<Buffer> {
  let done = 0
  while (done < length) {
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, length - done))
    const { bytesRead } = await handle.read(piece, 0, piece.length, offset + done)
    if (bytesRead === 0) throw new Error(`The file has become shorter: ${done} of ${length} bytes were sent`)
    done += bytesRead
    yield bytesRead === piece.length ? piece : piece.subarray(0, bytesRead)
  }
}
