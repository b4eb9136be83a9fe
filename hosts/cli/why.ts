/** `webgarden why apppool NAME`: what happened to it, on what evidence, and what will happen next. */
import type { HistoryEntryResource, PoolHistory } from '../../core/control/resources.js'
import { ControlClient } from './control-client.js'
import { evidenceOf } from './evidence.js'
import { printJson } from './list.js'
import { visible } from './table.js'
import { moment } from './words.js'

/** Entries that are shown where nobody asks for all. */
const SHOWN = 20

const INDENT = '    '

export const why = async (
  file: string,
  name: string,
  { json, all }: { json?: boolean; all?: boolean },
): Promise<void> => {
  const history = await new ControlClient(file).get<PoolHistory>(
    `/apppools/${encodeURIComponent(name)}/history`,
  )
  if (json) {
    printJson(history)
    return
  }
  const { apppool, state, entries, next } = history
  const shown = all ? entries : entries.slice(-SHOWN)
  const lines = [`apppool "${apppool}" is ${state}.`]
  if (entries.length === 0) lines.push('Nothing has happened to it since the server was started.')
  else if (shown.length < entries.length)
    lines.push(`Its last ${SHOWN} of ${entries.length} events (--all shows more):`)
  for (const entry of shown) lines.push(...told(entry))
  lines.push('Next:', ...next.map((sentence) => INDENT + sentence))
  process.stdout.write(`${lines.join('\n')}\n`)
}

const told = (entry: HistoryEntryResource): string[] => {
  const { at, what, worker, reason, event } = entry
  const who = worker === 0 ? 'the pool' : `worker ${worker}`
  const number = event === 0 ? '' : ` (event ${event})`
  return [
    `${moment(at)}  ${who} ${what}${number}: ${visible(reason)}`,
    ...evidenceOf(entry).map((line) => INDENT + visible(line)),
  ]
}
