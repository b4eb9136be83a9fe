/** Serves the files of the application's folder; needs no module. */
import type { TUnsafe } from 'typebox'
import { defineAdapter } from '../../core/index.js'
import type { StaticOptions } from './static-files.js'

/** IIS's own list, without the documents of its script engines (learn.microsoft.com, `defaultDocument`). */
const DEFAULT_DOCUMENTS = ['Default.htm', 'index.htm', 'index.html']

/** Written out, since loading TypeBox would cost every worker more than all the adapters do. */
const options = {
  type: 'object',
  additionalProperties: false,
  properties: {
    defaultDocuments: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: DEFAULT_DOCUMENTS,
      description: 'What a folder is answered with: the first of these that it holds. Empty: nothing.',
    },
    maxAge: {
      type: 'integer',
      minimum: 0,
      maximum: 31_536_000_000,
      default: 0,
      description: 'How long a client may keep a file, in milliseconds.',
    },
    cacheControl: { type: 'boolean', default: true, description: 'Whether Cache-Control is sent.' },
    immutable: {
      type: 'boolean',
      default: false,
      description: 'Whether files never change while they may be kept.',
    },
    etag: { type: 'boolean', default: true, description: 'Whether an ETag is sent.' },
    lastModified: { type: 'boolean', default: true, description: 'Whether Last-Modified is sent.' },
    acceptRanges: {
      type: 'boolean',
      default: true,
      description: 'Whether clients may ask for a part of a file.',
    },
    extensions: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: [],
      description: 'Tried, in this order, where a file does not exist: `html` finds about.html for /about.',
    },
    followLinks: {
      type: 'boolean',
      default: false,
      description: 'Whether symbolic links may lead out of the folder.',
    },
  },
} as unknown as TUnsafe<Partial<StaticOptions>>

const DEFAULTS: StaticOptions = {
  defaultDocuments: DEFAULT_DOCUMENTS,
  maxAge: 0,
  cacheControl: true,
  immutable: false,
  etag: true,
  lastModified: true,
  acceptRanges: true,
  extensions: [],
  followLinks: false,
}

export const staticFiles = defineAdapter({
  name: 'static',
  options,
  needsModule: false,
  async adapt({ application }, given) {
    const { serveFiles } = await import('./static-files.js')
    return { handle: await serveFiles(application.physicalPath, { ...DEFAULTS, ...given }) }
  },
})
