/** The ways of compressing that this Node has, each with its levels. */
import zlib, { constants, type BrotliOptions, type ZlibOptions } from 'node:zlib'
import type { Transform } from 'node:stream'
import type { SchemeName, SchemeOptions } from './options.js'

/** One way at one level. */
export interface Encoder {
  /** As a stream; `flush` sends what it holds back. */
  stream(): Transform & { flush(callback?: () => void): void }
  /** All at once, for small bodies. */
  whole(body: Uint8Array): Buffer
}

export interface Scheme {
  readonly name: SchemeName
  readonly forStatic: Encoder | null
  readonly forDynamic: Encoder | null
}

/** Node has it since 22.15; the types of the oldest Node do not know it. */
interface Zstd {
  createZstdCompress?(options: object): ReturnType<Encoder['stream']>
  zstdCompressSync?(body: Uint8Array, options: object): Buffer
  constants: Readonly<Record<string, number | undefined>>
}
const zstd = zlib as unknown as Zstd

const LEVELS = { br: [9, 4], gzip: [7, 4], zstd: [12, 3] } as const
const HIGHEST = { br: 11, gzip: 9, zstd: 22 } as const

/** @throws Error where a level is too high. */
export const schemesOf = (all: readonly SchemeOptions[]): readonly Scheme[] =>
  all
    .filter(({ name }) => name !== 'zstd' || zstd.createZstdCompress !== undefined)
    .map((one) => {
      const { name, staticCompressionLevel, dynamicCompressionLevel } = one
      const [forStatic, forDynamic] = LEVELS[name]
      return {
        name,
        forStatic: one.doStaticCompression ? encoder(name, staticCompressionLevel ?? forStatic) : null,
        forDynamic: one.doDynamicCompression ? encoder(name, dynamicCompressionLevel ?? forDynamic) : null,
      }
    })

const encoder = (name: SchemeName, level: number): Encoder => {
  if (level > HIGHEST[name])
    throw new Error(`${name} has no compression level ${level}; the highest is ${HIGHEST[name]}`)
  switch (name) {
    case 'gzip': {
      const options: ZlibOptions = { level }
      return { stream: () => zlib.createGzip(options), whole: (body) => zlib.gzipSync(body, options) }
    }
    case 'br': {
      // A window of the default size costs each response some 16 MB.
      const params = { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: 18 }
      const options: BrotliOptions = { params }
      return {
        stream: () => zlib.createBrotliCompress(options),
        whole: (body) => zlib.brotliCompressSync(body, options),
      }
    }
    case 'zstd': {
      const options = { params: { [zstd.constants.ZSTD_c_compressionLevel ?? 100]: level } }
      return {
        stream: () => zstd.createZstdCompress?.(options) as ReturnType<Encoder['stream']>,
        whole: (body) => zstd.zstdCompressSync?.(body, options) as Buffer,
      }
    }
  }
}
