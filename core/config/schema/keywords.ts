/** The building blocks of the configuration's schema: JSON Schema, plus the few keywords that are ours. */
import { Type } from 'typebox'

/**
 * What any attribute may say of itself beside its type, range and default.
 *
 * `notSupportedYet: true` refuses the attribute, a list refuses these values of it. To switch one on, delete the word
 * (or the value) here, and nothing else.
 */
export interface Annotations {
  readonly description: string
  readonly notSupportedYet?: true | readonly unknown[]
  /** Unit of a number, for the documentation. */
  readonly unit?: string
}

interface TimeSpanRange extends Annotations {
  /** Smallest and largest value, in milliseconds. */
  readonly from: number
  readonly to: number
  /** Written as in a file: `00:20:00` or `20m`. */
  readonly default: string
}

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A length of time: a string in the file, milliseconds after reading. */
export const TimeSpan = ({ from, to, ...rest }: TimeSpanRange) =>
  Type.Unsafe<number>({ type: 'string', timeSpan: { from, to }, ...rest })

/** A file or folder: relative to the configuration's folder in the file, absolute after reading. */
export const FilePath = (annotations: Annotations & { readonly default?: string }) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, path: 'file', ...annotations })

/** What `import` takes: a path if it begins with `.` or is absolute, else the name of a package. */
export const ModulePath = (annotations: Annotations) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, path: 'module', ...annotations })

/** A string of a form that a pattern cannot explain well; `forms.ts` says what is wrong with a bad one. */
export const Formed = (form: FormName, annotations: Annotations & { readonly default?: string }) =>
  Type.Unsafe<string>({ type: 'string', form, ...annotations })

/** The forms that `forms.ts` knows. */
export type FormName =
  'applicationPoolName' | 'siteName' | 'applicationPath' | 'bindingInformation' | 'network'

/** A list that may be written as its only item. */
export const OneOrMany = (annotations: Annotations) =>
  Type.Unsafe<string[]>({
    type: ['string', 'array'],
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    minLength: 1,
    oneOrMany: true,
    ...annotations,
  })

/** A set of words, in IIS's schema a `flags` attribute. */
export const Flags = <const W extends readonly string[]>(
  words: W,
  annotations: Annotations & { readonly default: readonly W[number][] },
) => Type.Array(Type.Unsafe<W[number]>({ enum: words }), { uniqueItems: true, ...annotations })

/** Names and values of environment variables. */
export const Variables = (annotations: Annotations) =>
  Type.Record(Type.String(), Type.String(), { default: {}, ...annotations })

/** Anything a module wants to be told; the module's own schema checks it. */
export const Options = (annotations: Annotations) =>
  Type.Record(Type.String(), Type.Unknown(), { default: {}, ...annotations })

/** The largest value of IIS's `uint`; means "no limit" for bandwidth and connections. */
export const UINT_MAX = 4_294_967_295
