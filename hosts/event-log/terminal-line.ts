/** Turns an event into what an administrator reads on a terminal: one line, and its evidence indented below. */
import type { ServerEvent } from '../../core/index.js'

const LEVEL_WIDTH = 'WARNING'.length
const INDENT = '    '
const DIM = '2'
const colourOf: Readonly<Record<ServerEvent['level'], string>> = { info: '36', warning: '33', error: '31' }

/**
 * `06:39:30 WARNING WAS 5009  worker 3 of pool "Api" ended unexpectedly`, in the machine's time, with its line end.
 * Only evidence of several lines, such as a stack, follows it: the text names what is short, and the file keeps everything.
 *
 * @param at - milliseconds since the epoch
 * @param coloured - whether the terminal understands ANSI colours
 */
export const terminalLine = (at: number, event: ServerEvent, coloured: boolean): string => {
  const paint = (text: string, colour: string): string =>
    coloured ? `\u001b[${colour}m${text}\u001b[0m` : text
  const level = paint(event.level.toUpperCase().padEnd(LEVEL_WIDTH), colourOf[event.level])
  const source = event.id === 0 ? event.source : `${event.source} ${event.id}`
  const lines = [`${timeOfDay(at)} ${level} ${source}  ${visible(event.text).replace(/\s*\n\s*/g, ' ')}`]
  for (const value of Object.values(event.facts ?? {})) {
    if (typeof value !== 'string' || !value.includes('\n')) continue
    for (const line of visible(value).trimEnd().split('\n')) lines.push(INDENT + paint(line, DIM))
  }
  return `${lines.join('\n')}\n`
}

const timeOfDay = (at: number): string => {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

/** Texts hold names and messages of strangers: nothing in them may move the cursor or paint the terminal. */
const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{C}\n\t]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
