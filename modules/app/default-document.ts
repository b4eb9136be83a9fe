/** `defaultDocument`: what a folder is answered with, before handlers are mapped (IIS: DefaultDocumentModule). */
import { join } from 'node:path'
import { defineModule, type HttpContext } from '../../core/index.js'
import { flag, list, optionsOf, text } from './option-schema.js'
import { isRead, lacksSlash, redirectToFolder, statOf } from './resource.js'
import { urlOf } from './url.js'

interface DefaultDocumentOptions {
  readonly enabled: boolean
  readonly files: readonly string[]
}

/** IIS's own list, without the documents of its script engines. */
const FILES = ['Default.htm', 'index.htm', 'index.html']

const options = optionsOf<DefaultDocumentOptions>({
  enabled: flag(true, 'Whether folders have default documents.'),
  files: list(
    text('A file name.', { minLength: 1, pattern: '^[^/\\\\]+$' }),
    FILES,
    'The first that is there.',
  ),
})

export default defineModule({
  name: 'defaultDocument',
  options,
  perClient: false,
  setup(_scope, { enabled, files }) {
    if (!enabled || files.length === 0) return {}

    const find = async (ctx: HttpContext): Promise<'CONTINUE' | 'FINISH'> => {
      const folder = ctx.physicalPath
      if (!(await statOf(folder))?.isDirectory()) return 'CONTINUE'
      for (const file of files) {
        if (!(await statOf(join(folder, file)))?.isFile()) continue
        if (!ctx.parent && isRead(ctx) && lacksSlash(ctx)) {
          redirectToFolder(ctx)
          return 'FINISH'
        }
        const path = ctx.path.endsWith('/') ? ctx.path : `${ctx.path}/`
        ctx.trace('defaultDocument', file)
        ctx.rewrite(urlOf(path + file, ctx.query))
        // A filter may have put this folder in the place of another.
        ctx.physicalPath = join(folder, file)
        return 'CONTINUE'
      }
      return 'CONTINUE'
    }

    return {
      // A name with an extension is hardly a folder's; those that are get no default document without their slash.
      mapHandler: (ctx) => (/\.[^/]*$/.test(ctx.path) ? 'CONTINUE' : find(ctx)),
    }
  },
})
