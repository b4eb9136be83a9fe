/** The page that shows what lies in a folder. */
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { encoded, escapeHtml } from '../url.js'

export type ShowFlag = 'Date' | 'Time' | 'Size' | 'Extension' | 'LongDate'

interface Row {
  readonly name: string
  readonly isFolder: boolean
  readonly size: number
  readonly changed: Date
}

/** More rows than this are not shown. */
const MOST_ROWS = 10_000

/** @param isHidden - says which names are left out */
export const listingOf = async (
  folder: string,
  title: string,
  flags: readonly ShowFlag[],
  isHidden: (name: string) => boolean,
  isRoot: boolean,
): Promise<string> => {
  const rows: Row[] = []
  const names = (await readdir(folder)).filter((name) => !isHidden(name)).slice(0, MOST_ROWS)
  for (let from = 0; from < names.length; from += 100) {
    const found = await Promise.all(names.slice(from, from + 100).map((name) => rowOf(folder, name)))
    rows.push(...found.filter((row) => row !== null))
  }
  rows.sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || a.name.localeCompare(b.name, 'en'))
  const lines = rows.map((row) => lineOf(row, new Set(flags)))
  const parent = isRoot ? '' : '<a href="../">[To Parent Directory]</a>\n\n'
  return (
    `<!doctype html>\n<meta charset="utf-8">\n<title>${escapeHtml(title)}</title>\n` +
    `<h1>${escapeHtml(title)}</h1>\n<hr>\n<pre>${parent}${lines.join('\n')}</pre>\n<hr>\n`
  )
}

const rowOf = async (folder: string, name: string): Promise<Row | null> => {
  const found = await stat(join(folder, name)).catch(() => null)
  if (!found || !(found.isFile() || found.isDirectory())) return null
  return { name, isFolder: found.isDirectory(), size: found.size, changed: found.mtime }
}

const lineOf = ({ name, isFolder, size, changed }: Row, flags: ReadonlySet<ShowFlag>): string => {
  const facts: string[] = []
  if (flags.has('Date')) {
    const long = { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' } as const
    facts.push(
      flags.has('LongDate') ? changed.toLocaleDateString('en-US', long) : changed.toISOString().slice(0, 10),
    )
  }
  if (flags.has('Time')) facts.push(changed.toISOString().slice(11, 16))
  if (flags.has('Size')) facts.push((isFolder ? '<dir>' : String(size)).padStart(12))
  const shown = flags.has('Extension') || isFolder ? name : name.slice(0, name.length - extname(name).length)
  const link = `./${encoded(name)}${isFolder ? '/' : ''}`
  return `${escapeHtml(facts.join(' '))} <a href="${link}">${escapeHtml(shown)}</a>`
}
