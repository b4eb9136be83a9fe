/** Line and column of what a JSON pointer names; the text is parsed for it only when first asked. */
import { parseTree, type Node } from 'jsonc-parser'
import { segmentsOf } from './problem.js'

/** Both from 1; columns count UTF-16 units, as editors do. */
export interface Position {
  readonly line: number
  readonly column: number
}

export class Positions {
  private readonly text: string
  private tree: Node | undefined
  private lineStarts: number[] | undefined

  constructor(text: string) {
    this.text = text
  }

  /** Where the value stands, or its key; of something that is not in the file, where its nearest parent stands. */
  find(pointer: string, atKey = false): Position {
    this.tree ??= parseTree(this.text, [], { allowTrailingComma: true })
    let node = this.tree
    let property: Node | undefined
    for (const segment of segmentsOf(pointer)) {
      const next: Node | undefined = node && childOf(node, segment)
      if (next === undefined) return this.at(node?.offset ?? 0)
      property = next.type === 'property' ? next : undefined
      node = property ? (property.children?.[1] ?? property) : next
    }
    return this.at((atKey ? (property ?? node) : node)?.offset ?? 0)
  }

  private at(offset: number): Position {
    const starts = (this.lineStarts ??= startsOf(this.text))
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}

const startsOf = (text: string): number[] => [
  0,
  ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length),
]

/** The property node of an object, or the item of an array. A key that is there twice counts where it is last. */
const childOf = (node: Node, segment: string): Node | undefined =>
  node.type === 'array'
    ? node.children?.[Number(segment)]
    : node.children?.findLast((property) => property.children?.[0]?.value === segment)
