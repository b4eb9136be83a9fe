/** Finds what a URL names below a folder: a script and the path behind it, a file, a folder, or nothing. */
import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export interface ScriptOptions {
  /** Endings of scripts, with the dot. */
  readonly extensions: readonly string[]
  readonly defaultDocuments: readonly string[]
  /** The script that answers for whatever does not exist; '' for none. */
  readonly fallback: string
  /** Names of files and folders that do not exist for clients. */
  readonly hiddenSegments: readonly string[]
  readonly followLinks: boolean
}

export interface Script {
  /** Absolute path of the file. */
  readonly file: string
  /** Path of the script below the application, begins with a slash. */
  readonly path: string
  /** What the URL has behind it: '', or begins with a slash. */
  readonly pathInfo: string
}

export type Target =
  | ({ readonly kind: 'script' } & Script)
  /** A file that is no script; `url` names it and no other. */
  | { readonly kind: 'file'; readonly url: string }
  /** A folder whose URL lacks its slash. */
  | { readonly kind: 'folder' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed' }

const NOTHING: Target = { kind: 'nothing' }

export class ScriptPaths {
  private readonly root: string
  private readonly options: ScriptOptions
  private readonly extensions: ReadonlySet<string>
  private readonly hidden: ReadonlySet<string>

  /** @param root - The folder, without any symbolic link in its path. */
  constructor(root: string, options: ScriptOptions) {
    this.root = root
    this.options = options
    this.extensions = new Set(options.extensions.map((extension) => extension.toLowerCase()))
    this.hidden = new Set(options.hiddenSegments.map((segment) => segment.toLowerCase()))
  }

  /** @param path - As the client sent it, without the query. */
  async find(path: string): Promise<Target> {
    const decoded = decode(path)
    if (decoded === undefined) return { kind: 'malformed' }
    const segments = decoded.split('/').slice(1)
    if (segments.some((segment) => segment === '..' || segment === '.')) return NOTHING
    return this.walk(segments)
  }

  private async walk(segments: readonly string[]): Promise<Target> {
    let at = ''
    for (const [index, segment] of segments.entries()) {
      // A doubled slash, or the one at the end.
      if (segment === '') continue
      if (segment.startsWith('.') || this.hidden.has(segment.toLowerCase())) return NOTHING
      at += `/${segment}`
      const found = await this.look(at)
      if (found === 'folder') continue
      const behind = segments.slice(index + 1)
      if (found === 'file') {
        if (this.isScript(segment)) return this.script(at, behind.length > 0 ? `/${behind.join('/')}` : '')
        if (behind.length === 0) return { kind: 'file', url: urlOf(at) }
      }
      return this.orFallback()
    }
    // A folder: of an empty path there is nothing to redirect to.
    if (at !== '' && segments.at(-1) !== '') return { kind: 'folder' }
    for (const name of this.options.defaultDocuments) {
      const document = `${at}/${name}`
      if ((await this.look(document)) !== 'file') continue
      return this.isScript(name) ? this.script(document, '') : { kind: 'file', url: urlOf(document) }
    }
    return this.orFallback()
  }

  private async orFallback(): Promise<Target> {
    const { fallback } = this.options
    if (fallback === '') return NOTHING
    const path = `/${fallback.replace(/^\/+/, '')}`
    return (await this.look(path)) === 'file' ? this.script(path, '') : NOTHING
  }

  private script(path: string, pathInfo: string): Target {
    return { kind: 'script', file: join(this.root, path), path, pathInfo }
  }

  /** Letter case says nothing, or a file system that ignores it would give away a script's source. */
  private isScript(name: string): boolean {
    return this.extensions.has(extname(name).toLowerCase())
  }

  private async look(path: string): Promise<'file' | 'folder' | undefined> {
    const file = join(this.root, path)
    const found = await stat(file).catch(() => undefined)
    const kind = found?.isFile() ? 'file' : found?.isDirectory() ? 'folder' : undefined
    if (kind === undefined || this.options.followLinks) return kind
    const real = await realpath(file).catch(() => '')
    // A link may stay inside, as long as it does not make a script of another file or hide one.
    const inside = real.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)
    const hides = kind === 'file' && extname(real).toLowerCase() !== extname(file).toLowerCase()
    return inside && !hides ? kind : undefined
  }
}

const decode = (path: string): string | undefined => {
  try {
    const decoded = decodeURIComponent(path)
    return decoded.startsWith('/') && !decoded.includes('\0') ? decoded : undefined
  } catch {
    return undefined
  }
}

const urlOf = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
