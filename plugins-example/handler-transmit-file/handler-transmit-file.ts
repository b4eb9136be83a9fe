/** Sends the files of a folder as downloads: whole, in ranges, or not at all if the client has them; never in memory. */
import { resolve } from 'node:path'
import { Type } from 'typebox'
import { defineHandler } from 'webgarden'

export default defineHandler({
  name: 'handler-transmit-file',
  options: Type.Object({
    folder: Type.String({ minLength: 1, description: 'Where the files are, relative to the application.' }),
  }),

  async handle(ecb) {
    if (ecb.method !== 'GET' && ecb.method !== 'HEAD') {
      ecb.context.response.setHeader('Allow', 'GET, HEAD')
      ecb.sendCustomError(405)
      return
    }
    // One segment, so that nothing leads out of the folder.
    const name = ecb.context.path.split('/').pop() ?? ''
    if (name === '' || name.startsWith('.')) {
      ecb.sendCustomError(404)
      return
    }
    const folder = resolve(ecb.context.application.physicalPath, ecb.options.folder)
    const sent = await ecb.transmitFile({
      file: resolve(folder, name),
      conditional: true,
      headers: { 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` },
    })
    ecb.appendLogParameter(`sent=${sent}`)
  },
})
