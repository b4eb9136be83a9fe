/** The files of error pages, in the language that the client prefers, kept in memory as long as they do not change. */
import { readFileSync, statSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import Negotiator from 'negotiator'
import type { IncomingMessage } from 'node:http'
import type { Page } from './choose.js'

/** How often a file is looked at, milliseconds. */
const LOOK_EVERY = 1_000
/** Larger ones are no error pages. */
const LARGEST = 1_048_576

export interface ErrorFile {
  readonly body: Buffer
  readonly contentType: string
}

interface Kept {
  file: ErrorFile | null
  version: string
  lookedAt: number
}

const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
}

export class ErrorFiles {
  private readonly directory: string
  private readonly kept = new Map<string, Kept>()

  /** @param directory - what relative paths are relative to */
  constructor(directory: string) {
    this.directory = directory
  }

  /** Read at once, since the answer waits for nothing else; null where there is no such file. */
  find({ path, prefixLanguageFilePath }: Page, request: IncomingMessage): ErrorFile | null {
    if (prefixLanguageFilePath !== undefined) {
      for (const language of languagesOf(request)) {
        const file = this.read(join(prefixLanguageFilePath, language, path))
        if (file) return file
      }
      return this.read(join(prefixLanguageFilePath, path))
    }
    return this.read(resolve(this.directory, path))
  }

  private read(path: string): ErrorFile | null {
    const now = Date.now()
    const known = this.kept.get(path)
    if (known && now - known.lookedAt < LOOK_EVERY) return known.file
    // Clients choose the languages: what is kept has a bound.
    if (!known && this.kept.size >= 200) this.kept.clear()
    const found = statSync(path, { throwIfNoEntry: false })
    const version = found?.isFile() && found.size <= LARGEST ? `${found.mtimeMs} ${found.size}` : ''
    if (known?.version === version) {
      known.lookedAt = now
      return known.file
    }
    const contentType = TYPES[extname(path).toLowerCase()] ?? 'text/html; charset=utf-8'
    const file = version === '' ? null : { body: readFileSync(path), contentType }
    this.kept.set(path, { file, version, lookedAt: now })
    return file
  }
}

/** The client's languages, `de` after `de-AT`; nothing that could be a path. */
const languagesOf = (request: IncomingMessage): string[] => {
  if (request.headers['accept-language'] === undefined) return []
  const wanted = new Negotiator(request)
    .languages()
    .filter((tag) => /^[a-z]{2,8}(-[a-z\d]{1,8})*$/i.test(tag))
  return [...new Set(wanted.slice(0, 10).flatMap((tag) => [tag, tag.split('-', 1)[0] ?? tag]))]
}
