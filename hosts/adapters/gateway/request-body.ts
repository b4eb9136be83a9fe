/** The body of a request, with the length that CGI wants to know before the first byte. */
import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { GatewayError } from './gateway-error.js'

export interface RequestBody {
  /** Undefined where the request has none. */
  readonly length: number | undefined
  readonly stream: Readable | null
}

export const NO_BODY: RequestBody = { length: undefined, stream: null }

/** Bytes of a body of unknown length that are kept in memory; beyond that it goes to a file. */
const IN_MEMORY = 65_536

/**
 * A body of declared length is passed on as it comes. One without (chunked) is taken in first: in memory, and from 64 KB on
 * in a temporary file that has no name any more.
 *
 * @param mostSpooled - bytes of a body without a declared length
 * @throws GatewayError 413 when it is longer, 400 when it breaks off.
 */
export const bodyOf = async (request: IncomingMessage, mostSpooled: number): Promise<RequestBody> => {
  const declared = request.headers['content-length']
  if (declared !== undefined) {
    const length = Number(declared)
    return length === 0 ? { length, stream: null } : { length, stream: request }
  }
  if (request.headers['transfer-encoding'] === undefined) return NO_BODY
  return spool(request, mostSpooled)
}

const spool = async (request: IncomingMessage, most: number): Promise<RequestBody> => {
  let kept: Buffer[] = []
  let inMemory = 0
  let length = 0
  let file: FileHandle | undefined
  const keep = async (): Promise<FileHandle> => {
    const to = file ?? (await unnamedFile())
    file = to
    await to.appendFile(Buffer.concat(kept))
    kept = []
    inMemory = 0
    return to
  }
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > most)
        throw new GatewayError(
          413,
          `a request body without Content-Length is longer than ${most} bytes (maxSpooledBody)`,
        )
      kept.push(chunk)
      inMemory += chunk.length
      if (inMemory > IN_MEMORY) file = await keep()
    }
    if (length <= IN_MEMORY)
      return { length, stream: length === 0 ? null : Readable.from([Buffer.concat(kept)]) }
    return { length, stream: (await keep()).createReadStream({ start: 0 }) }
  } catch (error) {
    await file?.close()
    if (error instanceof GatewayError) throw error
    throw new GatewayError(400, `the request body could not be taken in: ${(error as Error).message}`)
  }
}

const unnamedFile = async (): Promise<FileHandle> => {
  const path = join(tmpdir(), `webgarden-body-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}
