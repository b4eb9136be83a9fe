/** Adds, alters and removes the sites, applications and pools of a configuration's text by their names. */
import { DEFAULT_POOL } from './build.js'
import { application, pool, site } from './compiled-schema.js'
import { lengthOf, withValue, type Path } from './edit.js'
import { isObject, type Raw } from './inherit.js'
import type { JsonSchema } from './json-schema.js'
import { suggestion } from './nearest.js'
import { parse } from './parse.js'
import { parseSetting, pathOf, type Setting } from './setting.js'

export type Noun = 'apppool' | 'site' | 'app'

/** Something that cannot be changed as asked; `known` is false where it is only that nobody has this name. */
export class EditError extends Error {
  readonly known: boolean

  constructor(message: string, known: boolean) {
    super(message)
    this.name = 'EditError'
    this.known = known
  }
}

export interface Change {
  readonly noun: Noun
  readonly name: string
  /** `name:value` each. */
  readonly settings: readonly string[]
  /** Names of settings to take out. */
  readonly unset?: readonly string[]
  /** The pool whose settings a new one begins with. */
  readonly from?: string | undefined
}

/** @throws EditError */
export const setNamed = (text: string, { noun, name, settings, unset = [] }: Change): string => {
  const at = placeOf(text, noun, name)
  // The default pool exists without being written down; to set something it must be.
  const isImplicit =
    noun === 'apppool' && at === undefined && name.toLowerCase() === DEFAULT_POOL.toLowerCase()
  if (isImplicit) return addNamed(text, { noun, name: DEFAULT_POOL, settings })
  if (at === undefined) throw unknown(text, noun, name)
  let edited = text
  for (const { path, value } of settings.map((one) => parsed(noun, one))) {
    edited = withValue(edited, [...at, ...path], value)
  }
  for (const one of unset) edited = withValue(edited, [...at, ...pathOf(one, schemas[noun]).path], undefined)
  return edited
}

/** @throws EditError */
export const addNamed = (text: string, { noun, name, settings, from }: Change): string => {
  if (placeOf(text, noun, name) !== undefined)
    throw new EditError(`there is ${noun === 'site' ? 'a' : 'an'} ${noun} "${name}" already`, true)
  const own: Raw = from === undefined ? {} : copied(text, noun, from)
  const root: Raw = { path: '/' }
  for (const one of settings) {
    // What a site does not know is its first application's: `add site Main bindings:*:80: module:./app.js`.
    const isRoots = noun === 'site' && pathOf(nameOf(one), schemas.site).schema === undefined
    const { path, value } = parsed(isRoots ? 'app' : noun, one)
    assign(isRoots ? root : own, path, value)
  }
  switch (noun) {
    case 'apppool':
      return appended(text, ['applicationPools'], { name, ...own })
    case 'site':
      return appended(text, ['sites'], { name, ...own, applications: [root] })
    case 'app': {
      const { site: siteName, path } = partsOf(name)
      const at = placeOf(text, 'site', siteName)
      if (at === undefined) throw unknown(text, 'site', siteName)
      return appended(text, [...at, 'applications'], { path, ...own })
    }
  }
}

/** What the file says of a pool, without its name: with the defaults, which both have, that is all of its settings. */
const copied = (text: string, noun: Noun, from: string): Raw => {
  if (noun !== 'apppool') throw new EditError('only an apppool can be made from another one', true)
  const found = entries(text, noun).find((one) => one.name.toLowerCase() === from.toLowerCase())
  if (found)
    return structuredClone(Object.fromEntries(Object.entries(found.raw).filter(([key]) => key !== 'name')))
  // The default pool exists without being written down, with nothing but defaults.
  if (from.toLowerCase() === DEFAULT_POOL.toLowerCase()) return {}
  throw unknown(text, noun, from)
}

/** @throws EditError */
export const deleteNamed = (text: string, noun: Noun, name: string): string => {
  const at = placeOf(text, noun, name)
  if (at === undefined) throw unknown(text, noun, name)
  return withValue(text, at, undefined)
}

/** The names of one kind that the text has; an application's is `Site/path`. */
export const namesIn = (text: string, noun: Noun): string[] => entries(text, noun).map(({ name }) => name)

const schemas: Readonly<Record<Noun, JsonSchema>> = {
  apppool: pool,
  site: site,
  app: application,
}

interface Entry {
  readonly name: string
  readonly at: Path
  readonly raw: Raw
}

const entries = (text: string, noun: Noun): Entry[] => {
  const { value } = parse(text.replace(/^\uFEFF/, ''))
  const root = isObject(value) ? value : {}
  const named = (key: string): Entry[] =>
    list(root[key]).flatMap((raw, index) =>
      isObject(raw) ? [{ name: String(raw.name), at: [key, index], raw }] : [],
    )
  if (noun === 'apppool') return named('applicationPools')
  if (noun === 'site') return named('sites')
  return named('sites').flatMap((one) =>
    list(one.raw.applications).map((raw, index) => ({
      name: one.name + pathIn(raw),
      at: [...one.at, 'applications', index],
      raw: isObject(raw) ? raw : {},
    })),
  )
}

const pathIn = (raw: unknown): string => (isObject(raw) && typeof raw.path === 'string' ? raw.path : '/')

const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

const placeOf = (text: string, noun: Noun, name: string): Path | undefined => {
  const wanted = (noun === 'app' ? fullName(name) : name).toLowerCase()
  return entries(text, noun).find((one) => one.name.toLowerCase() === wanted)?.at
}

/** `Main` and `Main/` are the root application. */
const fullName = (name: string): string => {
  const { site: siteName, path } = partsOf(name)
  return siteName + path
}

const partsOf = (name: string): { site: string; path: string } => {
  const slash = name.indexOf('/')
  return slash < 0 ? { site: name, path: '/' } : { site: name.slice(0, slash), path: name.slice(slash) }
}

const unknown = (text: string, noun: Noun, name: string): EditError =>
  new EditError(`there is no ${noun} "${name}" in the file${suggestion(name, namesIn(text, noun))}`, false)

const nameOf = (setting: string): string => /^\/?([^:=]+)/.exec(setting)?.[1] ?? setting

const parsed = (noun: Noun, text: string): Setting => {
  let setting: Setting
  try {
    setting = parseSetting(text, schemas[noun])
  } catch (error) {
    throw new EditError(error instanceof Error ? error.message : String(error), true)
  }
  const isBindings = noun === 'site' && setting.path.join('.') === 'bindings' && Array.isArray(setting.value)
  return isBindings ? { ...setting, value: (setting.value as unknown[]).map(binding) } : setting
}

/** `http/*:80:` as appcmd has it, or the information alone; an object stays one. */
const binding = (one: unknown): unknown => {
  if (typeof one !== 'string') return one
  const [, protocol = 'http', bindingInformation] = /^(?:([a-z.]+)\/)?(.*)$/s.exec(one) ?? []
  return { protocol, bindingInformation }
}

const assign = (target: Raw, path: readonly string[], value: unknown): void => {
  const [key = '', ...rest] = path
  if (rest.length === 0) {
    target[key] = value
    return
  }
  const inner = isObject(target[key]) ? target[key] : {}
  target[key] = inner
  assign(inner, rest, value)
}

const appended = (text: string, path: Path, value: unknown): string =>
  withValue(text, [...path, lengthOf(text, path) ?? 0], value)
