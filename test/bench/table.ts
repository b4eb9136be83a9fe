/** Writes tables that read well on a terminal and are Markdown at the same time. */
import { figures, type Figure } from './figures.js'
import { median, type Judged, type Values } from './judge.js'

/** The ratios, with what they must reach. */
export const ratioTable = (rows: readonly Judged[]): string =>
  table(
    ['path', 'measured', 'must', 'hope', ''],
    rows.map(({ goal, value, verdict }) => [
      goal.title,
      value === null ? '-' : value.toFixed(2),
      limit(goal.must, goal.atMost),
      limit(goal.hope, goal.atMost),
      verdict === 'no goal' ? '' : verdict,
    ]),
  )

/** The figures behind the ratios: median, least and greatest of the rounds. */
export const figureTable = (values: Values): string =>
  table(
    ['side', 'median', 'least', 'greatest', 'unit'],
    [...values].map(([figure, all]) => [
      figures[figure].title,
      ...[median(all) ?? 0, Math.min(...all), Math.max(...all)].map((value) => inUnit(figure, value)),
      figures[figure].unit,
    ]),
  )

/** A value as it is written for people, without its unit. */
export const inUnit = (figure: Figure, value: number): string =>
  figures[figure].unit === 'req/s' && value >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : value.toFixed(2)

const limit = (value: number | undefined, atMost: true | undefined): string =>
  value === undefined ? '' : `${atMost ? '<=' : '>='} ${value.toFixed(2)}`

/** First and last column flush left, numbers between them flush right. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((_title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const isText = (column: number): boolean => column === 0 || column === head.length - 1
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (isText(column) ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width))).join(' | ')} |`
  const rule = widths.map((width, column) =>
    isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
