/** `requestFiltering` of an application: what the server, its site and it itself say, merged and complete. */
import { application, part } from './compiled-schema.js'
import { complete } from './complete.js'
import { entriesOf, mergeEntries, type Entry } from './extensions.js'
import { isObject, type Raw } from './inherit.js'
import { collectionKeys } from './filtering-keys.js'
import type { JsonSchema } from './json-schema.js'
import type { FilteringConfig } from './schema/request-filtering.js'

/** What one level of the file says, and where that stands. */
export interface FilteringLevel {
  readonly own: unknown
  readonly pointer: string
}

/**
 * What nobody may ask an application for that serves the files of a folder: IIS's list, and the packages of a program.
 * One that answers with code of its own has no such files behind its URLs, and may mean something by `/bin`.
 */
const HIDDEN = [
  'web.config',
  'bin',
  'App_code',
  'App_GlobalResources',
  'App_LocalResources',
  'App_WebReferences',
  'App_Data',
  'App_Browsers',
  'node_modules',
]

const requestFiltering = part(application, 'requestFiltering')

const FILE_TYPES: readonly unknown[] = ['static', 'cgi', 'fastcgi']

/** Whether the URLs of an application, as the file has it, lead to files of its folder. */
export const servesFolder = ({ type, module }: Raw): boolean =>
  module === undefined || FILE_TYPES.includes(type)

/** @param levels - from the server down */
export const filteringOf = (
  levels: readonly FilteringLevel[],
  files: boolean,
  allowDoubleEscaping: boolean,
): FilteringConfig => {
  const hidden = files ? HIDDEN.map((segment): Entry => ({ own: { segment }, pointer: '' })) : []
  let merged: Raw = { allowDoubleEscaping, hiddenSegments: { add: hidden } }
  for (const { own, pointer } of levels) merged = merge(merged, own, '', pointer)
  return {
    ...(completed(requestFiltering, merged, '') as Omit<FilteringConfig, 'checksEscapes'>),
    checksEscapes: false,
  }
}

/** Sections key by key, collections entry by entry, all else replaced. Collections are lists of `Entry` afterwards. */
const merge = (inherited: Raw, own: unknown, path: string, pointer: string): Raw => {
  if (!isObject(own)) return inherited
  const merged: Raw = { ...inherited }
  for (const [key, value] of Object.entries(own)) {
    const place = path + key
    const before = inherited[key]
    const known = collectionKeys[place]
    if (known !== undefined)
      merged[key] = mergeEntries(
        Array.isArray(before) ? (before as Entry[]) : [],
        entriesOf(value, `${pointer}/${key}`),
        false,
        known,
      )
    else if (isObject(value))
      merged[key] = merge(isObject(before) ? before : {}, value, `${place}.`, `${pointer}/${key}`)
    else merged[key] = value
  }
  return merged
}

const completed = (schema: JsonSchema, value: Raw, path: string): Raw => {
  const result: Raw = {}
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const own = value[key]
    const place = path + key
    if (place in collectionKeys)
      result[key] = (Array.isArray(own) ? (own as Entry[]) : []).map((entry) => ({
        ...(complete(part(property, '*'), entry.own, '') as object),
        pointer: entry.pointer,
      }))
    else if (property.properties) result[key] = completed(property, isObject(own) ? own : {}, `${place}.`)
    else result[key] = complete(property, own, '')
  }
  return result
}
