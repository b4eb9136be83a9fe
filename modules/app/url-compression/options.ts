/** What `urlCompression` can be told: IIS's `urlCompression` and `httpCompression` in one. */
import { count, flag, list, object, optionsOf, text } from '../option-schema.js'

export type SchemeName = 'zstd' | 'br' | 'gzip'

export interface SchemeOptions {
  readonly name: SchemeName
  readonly doStaticCompression: boolean
  readonly doDynamicCompression: boolean
  readonly staticCompressionLevel?: number
  readonly dynamicCompressionLevel?: number
}

export interface MimeTypeOptions {
  readonly mimeType: string
  readonly enabled: boolean
}

export interface CompressionOptions {
  readonly doStaticCompression: boolean
  readonly doDynamicCompression: boolean
  readonly schemes: readonly SchemeOptions[]
  readonly staticTypes: readonly MimeTypeOptions[]
  readonly dynamicTypes: readonly MimeTypeOptions[]
  readonly minFileSizeForComp: number
  readonly noCompressionForHttp10: boolean
  readonly noCompressionForProxies: boolean
  readonly noCompressionForRange: boolean
  readonly maxMemoryUsage: number
}

/** IIS's list, and the formats of today that are text. */
const TYPES: readonly MimeTypeOptions[] = [
  'text/*',
  'message/*',
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/manifest+json',
  'application/problem+json',
  'application/xml',
  'application/xhtml+xml',
  'application/atom+xml',
  'application/rss+xml',
  'application/wasm',
  'image/svg+xml',
  'font/ttf',
  'font/otf',
].map((mimeType) => ({ mimeType, enabled: true }))

const scheme = object(
  {
    name: {
      enum: ['zstd', 'br', 'gzip'],
      description: 'zstd is left out where Node has none (before 22.15).',
    },
    doStaticCompression: flag(true, 'Whether static responses are compressed in this way.'),
    doDynamicCompression: flag(true, 'Whether others are.'),
    staticCompressionLevel: level(
      'Static ones are compressed once: 9 (br), 7 (gzip), 12 (zstd) where left out.',
    ),
    dynamicCompressionLevel: level('4 (br), 4 (gzip), 3 (zstd) where left out.'),
  },
  'name',
)

const types = (description: string): Readonly<Record<string, unknown>> =>
  list(
    object(
      {
        mimeType: text('`text/html`, `text/*` or `*/*`; the nearest counts.', { pattern: '^[^/]+/[^/]+$' }),
        enabled: flag(true, 'Whether it is compressed.'),
      },
      'mimeType',
    ),
    TYPES,
    description,
  )

export const options = optionsOf<CompressionOptions>({
  doStaticCompression: flag(
    true,
    'Whether responses with a validator and a length are compressed, and kept so.',
  ),
  doDynamicCompression: flag(true, 'Whether all others are.'),
  schemes: list(
    scheme,
    (['br', 'zstd', 'gzip'] as const).map((name) => ({
      name,
      doStaticCompression: true,
      doDynamicCompression: true,
    })),
    'In the order in which they are preferred where the client does not mind.',
  ),
  staticTypes: types('What static responses must be.'),
  dynamicTypes: types('What others must be.'),
  minFileSizeForComp: count(
    2700,
    0,
    2 ** 31,
    'Responses that are known to be shorter stay as they are, in bytes.',
  ),
  noCompressionForHttp10: flag(true, 'Whether clients of HTTP/1.0 get none.'),
  noCompressionForProxies: flag(true, 'Whether requests with a Via field get none.'),
  noCompressionForRange: flag(true, 'Whether requests with a Range field get none.'),
  maxMemoryUsage: count(16, 0, 4096, 'Compressed static responses kept in each worker, in MB.'),
})

function level(description: string): Readonly<Record<string, unknown>> {
  return { type: 'integer', minimum: 0, maximum: 22, description }
}
