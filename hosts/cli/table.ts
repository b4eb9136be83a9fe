/** Lays rows out as a table for people: columns as wide as their widest cell, the whole no wider than the terminal. */

export interface Column<T> {
  readonly title: string
  readonly of: (row: T) => string | number
  /** Numbers stand below each other. */
  readonly right?: boolean
}

const GAP = '  '

/**
 * One line for the titles and one for each row. Where the terminal is too narrow the widest column is cut, with `...`; a
 * file or a pipe, which has no width, gets everything.
 *
 * @param width - columns of the terminal; 0 where there is none
 */
export const table = <T>(columns: readonly Column<T>[], rows: readonly T[], width: number): string => {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => visible(column.of(row)))),
  ]
  const widths = columns.map((_column, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)))
  const excess = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1) - width
  if (width > 0 && excess > 0) {
    const widest = widths.indexOf(Math.max(...widths))
    widths[widest] = Math.max(8, (widths[widest] ?? 0) - excess)
  }
  return cells
    .map((line) =>
      line
        .map((cell, index) => {
          const most = widths[index] ?? 0
          const fitting = cell.length > most ? `${cell.slice(0, most - 3)}...` : cell
          return columns[index]?.right ? fitting.padStart(most) : fitting.padEnd(most)
        })
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** URLs and names are strangers' words: nothing in them may move the cursor or paint the terminal. */
export const visible = (cell: string | number): string =>
  String(cell).replace(/\p{C}/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
