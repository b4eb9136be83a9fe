/** Which files of a folder no client may see, whatever serves them. */
import { realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'

/** IIS's own hidden segments that make sense here, and what lies in the folders of programs for Node. */
export const HIDDEN_SEGMENTS = [
  'node_modules',
  'applicationHost.json',
  'package.json',
  'package-lock.json',
  'web.config',
  'App_Data',
  'App_code',
]

/** Whether part of a path begins with a dot or is one of `segments`; letter case does not count. */
export const hiddenBy = (segments: readonly string[]): ((path: string) => boolean) => {
  const hidden = new Set(segments.map((segment) => segment.toLowerCase()))
  return (path) =>
    path
      .split(/[/\\]/)
      .some(
        (part) => (part.startsWith('.') && part !== '.' && part !== '..') || hidden.has(part.toLowerCase()),
      )
}

/** The path below `root`; undefined where it leads out of it, by symbolic links too. */
export const insideOf = async (root: string, path: string): Promise<string | undefined> => {
  const real = await realpath(path)
  const realRoot = await realpath(root)
  if (real === realRoot) return ''
  return real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)
    ? relative(realRoot, real)
    : undefined
}
