/** Changes single values in the text of a configuration and leaves every other character as it stands, comments above all. */
import { createScanner, findNodeAtLocation, parseTree, type Node } from 'jsonc-parser'

/** Keys and indices from the root of the file. */
export type Path = readonly (string | number)[]

/** What is inserted stands on one line where that is not made longer than this. */
const LONGEST_LINE = 110

/** jsonc-parser's token of a comma (its enum exists for the compiler only). */
const COMMA = 5

/** `undefined` takes the value out; the index after the last of a list appends to it. */
export const withValue = (text: string, path: Path, value: unknown): string => {
  const there = nodeAt(text, path)
  if (value === undefined) return there ? without(text, there) : text
  if (there) return splice(text, there.offset, there.length, oneLine(value))
  let depth = path.length - 1
  let parent: Node | undefined
  while (depth >= 0 && !(parent = nodeAt(text, path.slice(0, depth)))) depth--
  const [key, ...rest] = path.slice(Math.max(depth, 0))
  const held = rest.reduceRight<unknown>(
    (inner, name) => (typeof name === 'number' ? [inner] : { [name]: inner }),
    value,
  )
  // A file that holds nothing yet.
  if (!parent || key === undefined) return `${text}${oneLine(key === undefined ? held : { [key]: held })}\n`
  return inserted(text, parent, parent.type === 'array' ? '' : `${JSON.stringify(key)}: `, held)
}

/** Items of a list in the file; undefined where there is none. */
export const lengthOf = (text: string, path: Path): number | undefined => {
  const node = nodeAt(text, path)
  return node?.type === 'array' ? (node.children?.length ?? 0) : undefined
}

const nodeAt = (text: string, path: Path): Node | undefined => {
  const tree = parseTree(text, [], { allowTrailingComma: true })
  return tree && findNodeAtLocation(tree, [...path])
}

/** Behind the last one of an object or list: on its line if all stands on one, else on a line of its own. */
const inserted = (text: string, parent: Node, key: string, value: unknown): string => {
  const unit = unitOf(text)
  const last = parent.children?.at(-1)
  if (!last) {
    const [open, close] = parent.type === 'array' ? ['[', ']'] : ['{', '}']
    const indent = indentAt(text, parent.offset)
    const comments = text.slice(parent.offset + 1, parent.offset + parent.length - 1).trimEnd()
    const block = `${indent}${unit}${key}${written(value, indent + unit, unit, key.length)}`
    return splice(text, parent.offset, parent.length, `${open}${comments}\n${block}\n${indent}${close}`)
  }
  const end = last.offset + last.length
  const isOneLine = !text.slice(parent.offset, parent.offset + parent.length).includes('\n')
  if (isOneLine) {
    const addition = `, ${key}${oneLine(value)}`
    const fits = lineAround(text, end).length + addition.length <= LONGEST_LINE
    return fits || parent.type === 'object'
      ? splice(text, end, 0, addition)
      : onLines(text, parent, written(value, indentAt(text, end) + unit, unit, 0))
  }
  const comma = commaBehind(text, end)
  const indent = indentAt(text, last.offset)
  const line = `\n${indent}${key}${written(value, indent, unit, key.length)}`
  // A comment on the line of the last one stays with it.
  const behind = comma === undefined ? end : comma + 1
  const comment =
    /^[ \t]*(?:\/\/[^\n]*|\/\*[^\n]*?\*\/[ \t]*(?=\n))?/.exec(text.slice(behind))?.[0].length ?? 0
  const at = behind + comment - (text[behind + comment - 1] === '\r' ? 1 : 0)
  const newLine = text.includes('\r\n') ? line.replaceAll('\n', '\r\n') : line
  if (comma !== undefined) return splice(text, at, 0, `${newLine},`)
  return splice(splice(text, at, 0, newLine), end, 0, ',')
}

/** One that has lines of its own goes with them and with what is said at its end; else only the value and its comma. */
const without = (text: string, value: Node): string => {
  const node = value.parent?.type === 'property' ? value.parent : value
  const siblings = node.parent?.children ?? []
  const end = node.offset + node.length
  const comma = commaBehind(text, end)
  const behind = comma === undefined ? end : comma + 1
  const lineStart = text.lastIndexOf('\n', node.offset - 1) + 1
  const rest = /^[ \t]*(?:\/\/[^\n]*)?\r?\n/.exec(text.slice(behind))?.[0]
  const hasOwnLines = rest !== undefined && text.slice(lineStart, node.offset).trim() === ''
  if (!hasOwnLines) return withoutInLine(text, node, siblings, behind)
  const cut = splice(text, lineStart, behind + rest.length - lineStart, '')
  const before = siblings[siblings.indexOf(node) - 1]
  const commaBefore = before && commaBehind(text, before.offset + before.length)
  // The one before is the last now: it keeps its comma only if the last one had one.
  if (comma !== undefined || commaBefore === undefined) return cut
  return splice(cut, commaBefore, 1, '')
}

/** Beside others on its line: it goes with the comma before it, or behind it where it is the first. */
const withoutInLine = (text: string, node: Node, siblings: readonly Node[], behind: number): string => {
  const index = siblings.indexOf(node)
  const [before, after] = [siblings[index - 1], siblings[index + 1]]
  const from = before ? before.offset + before.length : node.offset
  const to = before ? node.offset + node.length : (after?.offset ?? behind)
  return splice(text, from, to - from, '')
}

/** A list that has become too long for its line: each item, as it was written, on a line of its own. */
const onLines = (text: string, list: Node, added: string): string => {
  const indent = indentAt(text, list.offset)
  const items = (list.children ?? []).map(({ offset, length }) => text.slice(offset, offset + length))
  const lines = [...items, added].map((item) => `\n${indent}${unitOf(text)}${item}`)
  return splice(text, list.offset, list.length, `[${lines.join(',')}\n${indent}]`)
}

/** Where the comma behind a value stands; comments may stand between. */
const commaBehind = (text: string, from: number): number | undefined => {
  const scanner = createScanner(text, true)
  scanner.setPosition(from)
  return (scanner.scan() as number) === COMMA ? scanner.getTokenOffset() : undefined
}

/** JSON on one line if it fits behind `indent` and a key of `taken` characters, else on several. */
const written = (value: unknown, indent: string, unit: string, taken: number): string => {
  const line = oneLine(value)
  if (indent.length + taken + line.length <= LONGEST_LINE) return line
  return JSON.stringify(value, null, unit).replaceAll('\n', `\n${indent}`)
}

/** JSON as people write it on one line: `{ "maxProcesses": 2 }`. */
const oneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${oneLine(inner)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

const splice = (text: string, at: number, length: number, by: string): string =>
  text.slice(0, at) + by + text.slice(at + length)

const lineAround = (text: string, at: number): string =>
  text.slice(
    text.lastIndexOf('\n', at - 1) + 1,
    !text.includes('\n', at) ? undefined : text.indexOf('\n', at),
  )

const indentAt = (text: string, at: number): string => /^[ \t]*/.exec(lineAround(text, at))?.[0] ?? ''

/** What the first indented value is indented by. */
const unitOf = (text: string): string => /^([ \t]+)["{[]/m.exec(text)?.[1] ?? '  '
