/** Builds the plain JSON schemas of the modules' options: loading TypeBox for them would cost every worker memory. */
import type { TUnsafe } from 'typebox'

type Schema = Readonly<Record<string, unknown>>

export const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  description,
  ...more,
})

export const flag = (value: boolean, description: string): Schema => ({
  type: 'boolean',
  default: value,
  description,
})

export const count = (value: number, minimum: number, maximum: number, description: string): Schema => ({
  type: 'integer',
  default: value,
  minimum,
  maximum,
  description,
})

export const choice = (words: readonly unknown[], value: unknown, description: string): Schema => ({
  enum: words,
  default: value,
  description,
})

/** A length of time: a string in the file, milliseconds for the module. */
export const timeSpan = (value: string | undefined, to: number, description: string): Schema => ({
  type: 'string',
  timeSpan: { from: 0, to },
  ...(value === undefined ? {} : { default: value }),
  description,
})

/** A file or folder: relative to the configuration's folder in the file, absolute for the module. */
export const filePath = (value: string | undefined, description: string): Schema => ({
  type: 'string',
  minLength: 1,
  path: 'file',
  ...(value === undefined ? {} : { default: value }),
  description,
})

export const list = (items: Schema, value: readonly unknown[], description: string): Schema => ({
  type: 'array',
  items,
  default: value,
  description,
})

export const record = (values: Schema, description: string): Schema => ({
  type: 'object',
  additionalProperties: values,
  default: {},
  description,
})

/** Keys without a default are optional, unless `required` names them. */
export const object = (properties: Readonly<Record<string, Schema>>, ...required: string[]): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
  default: required.length > 0 ? undefined : {},
})

/** The options of a module, with the type that they have once they are complete. */
export const optionsOf = <T>(
  properties: Readonly<Record<string, Schema>>,
  ...required: string[]
): TUnsafe<T> => object(properties, ...required) as unknown as TUnsafe<T>

export const DAY = 86_400_000
