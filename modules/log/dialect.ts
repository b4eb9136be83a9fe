/** How a format with the fields of W3C Extended writes one field: what makes W3C lines and JSON lines different. */
import type { LogFileConfig } from '../../core/index.js'
import type { StepText } from './time-stamp.js'

export type FieldFlag = LogFileConfig['logExtFileFlags'][number]

export interface Dialect {
  /** What a line begins with. */
  readonly begin: string
  /** What stands in place of the last separator, and ends the line. */
  readonly end: string
  /** Whether files begin with the names of the fields. */
  readonly hasHead: boolean
  /** Whether a line may be cut where it is longer than maxLogLineLength. */
  readonly canBeCut: boolean
  /** The value of a field of bytes as they came, each one character. */
  raw(value: string): string
  /** Of a text that is decoded already. */
  text(value: string): string
  /** Of a text whose length has a bound of its own. */
  custom(value: string): string
  /** Of a text that needs no escape, such as an address; '' where there is none. */
  plain(value: string): string
  number(value: number): string
  /** What stands before the value of a field. */
  name(name: string): string
  /** The character behind each value. */
  readonly separator: string
  /** The moment when the request ended, as a field with all that is around it; null where neither flag is set. */
  stamps(flags: readonly FieldFlag[]): StepText | null
}
