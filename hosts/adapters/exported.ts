/** Finds the application among what a module exports. */
import type { AdapterInput, ApplicationSettings } from '../../core/index.js'

/** The options that an application's own factory takes: whatever its author wants. */
export const anyOptions = { type: 'object', additionalProperties: true } as const

/**
 * Everything that could be meant by an export, the likeliest first: `export default`, `module.exports` (which `import()`
 * gives as `default`), the `default` that a transpiler put into `module.exports`, `app`, and the module itself for one that
 * exports `fetch`.
 */
export const candidatesOf = (exports: AdapterInput['exports']): unknown[] => {
  if (!exports) return []
  const main = exports.default
  return [memberOf(main, 'default'), main, exports.app, memberOf(main, 'app'), exports].filter(
    (candidate) => candidate !== undefined && candidate !== null,
  )
}

/** The first export that `isIt` accepts. */
export const findExport = <T>(
  exports: AdapterInput['exports'],
  isIt: (value: unknown) => value is T,
): T | undefined => candidatesOf(exports).find(isIt)

/** A function that makes the application: it takes no more than the options, where a request listener takes two arguments. */
export type Factory = (options: Readonly<Record<string, unknown>>) => unknown

export const isFactory = (value: unknown): value is Factory =>
  typeof value === 'function' && value.length < 2 && !isClass(value)

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof memberOf(value, 'then') === 'function'

/**
 * The application that the module exports, or that its factory makes.
 *
 * @param what - the kind in words, for the error: "a Fastify instance".
 * @throws Error that says what is there instead.
 */
export const requireExport = async <T>(
  input: AdapterInput,
  isIt: (value: unknown) => value is T,
  what: string,
): Promise<T> => {
  const exported = findExport(input.exports, isIt)
  if (exported !== undefined) return exported
  const made = await makeApplication(input)
  const found = findExport({ default: made }, isIt)
  if (found !== undefined) return found
  throw new Error(
    `${nameOf(input.application)} is of type "${input.application.type ?? ''}", which takes ${what} or a function that ` +
      `returns one; ${made === undefined ? `it exports ${describe(input)}` : `its function returned ${wordFor(made)}`}.`,
  )
}

/** What the factory, or the promise, that the module exports comes to; undefined where it exports neither. */
export const makeApplication = async (input: AdapterInput): Promise<unknown> => {
  const make = findExport(input.exports, isFactory)
  if (make) return await make(input.application.options)
  return await findExport(input.exports, isPromise)
}

/** How an error names the application: by its module. */
export const nameOf = (application: ApplicationSettings): string =>
  application.module ?? `The application ${application.name}`

/** A value in a few words. */
export const wordFor = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'function') return `a function of ${value.length} arguments`
  if (typeof value !== 'object') return `a ${typeof value}`
  const name: unknown = memberOf(value.constructor, 'name')
  return typeof name === 'string' && name !== '' ? `an object of class ${name}` : 'an object'
}

/** Member `key` of an object or a function, if it is one of them. */
export const memberOf = (value: unknown, key: string): unknown =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? (value as Record<string, unknown>)[key]
    : undefined

const describe = ({ exports }: AdapterInput): string => {
  const names = Object.keys(exports ?? {})
  if (names.length === 0) return 'nothing'
  const main = exports?.default
  return main === undefined ? names.join(', ') : `${wordFor(main)} as default`
}

const isClass = (value: object): boolean => Function.prototype.toString.call(value).startsWith('class')
