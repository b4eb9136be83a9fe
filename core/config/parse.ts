/** JSON with comments and trailing commas, to plain values; says at which line and column it is broken. */
import { printParseErrorCode, visit } from 'jsonc-parser'
import { member, type Problem } from './problem.js'

/** What the text holds. With `broken`, `value` is not to be used. */
export interface Parsed {
  readonly value: unknown
  readonly broken: boolean
  readonly problems: readonly Problem[]
}

/** After this many broken places the rest is mostly their consequence. */
const ENOUGH = 5

const sentences: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is no JSON value; strings stand in double quotes',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'a key in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is expected here',
  CommaExpected: 'a comma is expected here',
  CloseBraceExpected: 'a closing "}" is expected here',
  CloseBracketExpected: 'a closing "]" is expected here',
  EndOfFileExpected: 'the file should end here',
  InvalidCommentToken: 'this is no comment',
  UnexpectedEndOfComment: 'this comment has no end',
  UnexpectedEndOfString: 'this string has no closing quote',
  UnexpectedEndOfNumber: 'this number breaks off',
  InvalidUnicode: 'this is no \\u escape; it needs four hexadecimal digits',
  InvalidEscapeCharacter: 'this escape is unknown; a backslash itself is written \\\\',
  InvalidCharacter: 'this character must be escaped in a string',
}

export const parse = (text: string): Parsed => {
  const problems: Problem[] = []
  let broken = false
  let value: unknown
  let key = ''
  const open: (Record<string, unknown> | unknown[])[] = []

  const add = (child: unknown): void => {
    const parent = open.at(-1)
    if (parent === undefined) value = child
    else if (Array.isArray(parent)) parent.push(child)
    // Reported below; to set it would give the object another prototype.
    else if (key !== '__proto__') parent[key] = child
  }
  const begin = (child: Record<string, unknown> | unknown[]): void => {
    add(child)
    open.push(child)
  }
  const place = (line: number, column: number) => ({ line: line + 1, column: column + 1 })

  visit(
    text,
    {
      onObjectBegin: () => {
        begin({})
      },
      onArrayBegin: () => {
        begin([])
      },
      onObjectEnd: () => open.pop(),
      onArrayEnd: () => open.pop(),
      onObjectProperty(name, _offset, _length, line, column, path) {
        key = name
        const parent = open.at(-1)
        const message =
          name === '__proto__'
            ? '"__proto__" cannot be a key'
            : parent !== undefined && Object.hasOwn(parent, name)
              ? `the key "${name}" is here twice; only the last would count`
              : undefined
        if (message === undefined) return
        problems.push({
          pointer: path().reduce<string>(member, '') + member('', name),
          message,
          ...place(line, column),
        })
      },
      onLiteralValue: add,
      onError(code, _offset, _length, line, column) {
        broken = true
        const message = sentences[printParseErrorCode(code)] ?? 'this is no JSON'
        if (problems.length < ENOUGH) problems.push({ pointer: '', message, ...place(line, column) })
      },
    },
    { allowTrailingComma: true, disallowComments: false },
  )
  return { value, broken, problems }
}
