/** Takes uploads of any size to disk, piece by piece, up to a limit: `PUT /upload/NAME`. */
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Type } from 'typebox'
import { defineHandler, type ExtensionControlBlock } from 'webgarden'

/** Resolves with the bytes taken, or with null when there were too many. */
const receive = async (
  ecb: ExtensionControlBlock<unknown>,
  path: string,
  limit: number,
): Promise<number | null> => {
  const file = await open(path, 'w')
  try {
    let total = 0
    for (;;) {
      // What is not asked for waits with the client: a slow disk makes a slow upload, never a full memory.
      const bytes = await ecb.readClient()
      if (bytes.length === 0) return total
      total += bytes.length
      if (total > limit) return null
      await file.writeFile(bytes)
    }
  } finally {
    await file.close()
  }
}

export default defineHandler({
  name: 'handler-upload',
  options: Type.Object({
    folder: Type.String({ minLength: 1, description: 'Where files go, relative to the application.' }),
    limit: Type.Integer({ minimum: 0, default: 10_485_760, description: 'Bytes of the largest file.' }),
  }),

  async handle(ecb) {
    const { limit, folder } = ecb.options
    const name = /^\/(\w[\w.-]*)$/.exec(ecb.context.path.slice('/upload'.length))?.[1]
    if (name === undefined) {
      ecb.sendCustomError(404)
      return
    }
    // Refused before a byte of it is read, where the client says how long it is.
    const tooLarge = ecb.totalBytes !== Infinity && ecb.totalBytes > limit
    const target = join(resolve(ecb.context.application.physicalPath, folder), name)
    const part = `${target}.${ecb.connId}.part`
    await mkdir(join(target, '..'), { recursive: true })
    try {
      const taken = tooLarge ? null : await receive(ecb, part, limit)
      if (taken === null) {
        ecb.sendResponseHeader(413, { 'Content-Type': 'text/plain' })
        await ecb.writeClient(`At most ${limit} bytes, please.\n`)
        return
      }
      await rename(part, target)
      ecb.sendResponseHeaderEx({ status: 201, headers: { 'Content-Type': 'application/json' } })
      await ecb.writeClient(JSON.stringify({ name, bytes: taken }))
    } finally {
      // Nothing is left of a client that went away.
      await rm(part, { force: true })
    }
  },
})
