/** Changes values in the text of a configuration and leaves everything else as it stands, comments above all. */
import {
  applyEdits,
  findNodeAtLocation,
  modify,
  parseTree,
  type FormattingOptions,
  type Node,
} from 'jsonc-parser'

/** Keys and indices from the root of the file. */
export type Path = readonly (string | number)[]

/** `undefined` takes the value out; the index after the last of a list appends to it. */
export const withValue = (text: string, path: Path, value: unknown): string => {
  const inLine = value === undefined ? undefined : insertedInLine(text, path, value)
  if (inLine !== undefined) return inLine
  const options = { formattingOptions: formattingOf(text), getInsertionIndex: atTheEnd }
  const last = path.at(-1)
  const list = typeof last === 'number' ? lengthOf(text, path.slice(0, -1)) : 0
  // A list that is not there yet cannot be inserted into.
  if (typeof last === 'number' && list === undefined) return withValue(text, path.slice(0, -1), [value])
  const isInsertion = typeof last === 'number' && last === list && value !== undefined
  return applyEdits(text, modify(text, [...path], value, { ...options, isArrayInsertion: isInsertion }))
}

/** Lines are not made longer than this by what is inserted. */
const LONGEST_LINE = 110

/** What is new in an object or list that stands on one line is put on that line; undefined where that is not the case. */
const insertedInLine = (text: string, path: Path, value: unknown): string | undefined => {
  const tree = parseTree(text, [], { allowTrailingComma: true })
  let depth = path.length - 1
  let parent: Node | undefined
  while (depth >= 0 && !(parent = tree && findNodeAtLocation(tree, path.slice(0, depth)))) depth--
  if (!parent || (tree && findNodeAtLocation(tree, [...path]))) return undefined
  const last = parent.children?.at(-1)
  const [key, ...rest] = path.slice(depth)
  const written = text.slice(parent.offset, parent.offset + parent.length)
  if (!last || key === undefined || /[\n\r]|\/[/*]/.test(written)) return undefined
  const inner = rest.reduceRight<unknown>(
    (held, name) => (typeof name === 'number' ? [held] : { [name]: held }),
    value,
  )
  const addition = `, ${parent.type === 'array' ? '' : `${JSON.stringify(key)}: `}${oneLine(inner)}`
  const at = last.offset + last.length
  const lineStart = text.lastIndexOf('\n', parent.offset) + 1
  const lineEnd = text.indexOf('\n', at)
  const line = (lineEnd < 0 ? text.length : lineEnd) - lineStart + addition.length
  return line > LONGEST_LINE ? undefined : text.slice(0, at) + addition + text.slice(at)
}

/** JSON as people write it on one line: `{ "maxProcesses": 2 }`. */
const oneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${oneLine(inner)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

const atTheEnd = (keys: string[]): number => keys.length

/** Items of a list in the file; undefined where there is none. */
export const lengthOf = (text: string, path: Path): number | undefined => {
  const tree = parseTree(text, [], { allowTrailingComma: true })
  const node = tree && findNodeAtLocation(tree, [...path])
  return node?.type === 'array' ? (node.children?.length ?? 0) : undefined
}

/** As the file is written already: its line ends, and what its first indented line begins with. */
const formattingOf = (text: string): FormattingOptions => {
  const indent = /^([ \t]+)\S/m.exec(text.replaceAll(/^\s*\/?\*.*$/gm, ''))?.[1] ?? '  '
  return {
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
  }
}
