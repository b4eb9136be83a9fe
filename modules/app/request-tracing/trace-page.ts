/** A trace as a page for people, which needs nothing but itself. */
import { escapeHtml } from '../url.js'
import type { TraceReport } from './trace.js'

export const tracePage = (report: TraceReport): string => {
  const { lines, headers, omitted, ...facts } = report
  const title = `${report.method} ${report.url}: ${report.status}.${report.subStatus}`
  const rows = Object.entries(facts).map(([name, value]) => row(name, String(value)))
  const cut = omitted > 0 ? `<p>${omitted} earlier lines are left out.</p>\n` : ''
  const traced = lines.map(({ at, source, text }) => row(at.toFixed(3), source, text))
  return (
    `<!doctype html>\n<meta charset="utf-8">\n<title>${escapeHtml(title)}</title>\n` +
    '<style>body { font-family: sans-serif } td { padding: 0 1em; vertical-align: top; white-space: pre-wrap }</style>\n' +
    `<h1>${escapeHtml(title)}</h1>\n<table>\n${rows.join('\n')}\n</table>\n` +
    `<h2>Request headers</h2>\n<pre>${escapeHtml(headers.join('\n'))}</pre>\n` +
    `<h2>Events</h2>\n${cut}<table>\n${traced.join('\n')}\n</table>\n`
  )
}

const row = (...cells: readonly string[]): string =>
  `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`
