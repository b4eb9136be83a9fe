/** The functions that module authors call: they stamp a definition and check its form, nothing more. */
import type { TObject, TSchema } from 'typebox'
import type { AdapterDefinition, AdapterModule } from '../contract/adapter.js'
import type { LogDefinition, LogModule } from '../contract/log.js'
import type { Slot, StageDefinition, StageModule } from '../contract/stage.js'

const SLOTS: readonly Slot[] = ['validate', 'cache', 'route', 'queue', 'dispatch', 'log']

/**
 * Makes a stage of a definition: what a module file exports by default and `applicationHost.json` names.
 *
 * @throws TypeError when the definition has no name, an unknown slot or no `setup`.
 */
export const defineStage = <O extends TSchema = TObject>(definition: StageDefinition<O>): StageModule<O> => {
  const slots = [definition.slot].flat()
  requireName(definition.name, 'defineStage')
  if (slots.length === 0 || !slots.every((slot) => SLOTS.includes(slot))) {
    throw new TypeError(`defineStage: slot must be one or more of ${SLOTS.join(', ')}`)
  }
  requireFunction(definition.setup, 'defineStage', 'setup')
  return Object.freeze({ ...definition, kind: 'stage' as const, slots })
}

/**
 * Makes an adapter of a definition: what hosts the applications of one kind of framework.
 *
 * @throws TypeError when the definition has no name or no `adapt`.
 */
export const defineAdapter = <O extends TSchema = TObject>(
  definition: AdapterDefinition<O>,
): AdapterModule<O> => {
  requireName(definition.name, 'defineAdapter')
  requireFunction(definition.adapt, 'defineAdapter', 'adapt')
  return Object.freeze({ ...definition, kind: 'adapter' as const })
}

/**
 * Makes a log module of a definition: it gets the records of requests that are over, in a worker of its own.
 *
 * @throws TypeError when the definition has no name, no `setup`, or `headers` that are no names.
 */
export const defineLog = <O extends TSchema = TObject>(definition: LogDefinition<O>): LogModule<O> => {
  requireName(definition.name, 'defineLog')
  requireFunction(definition.setup, 'defineLog', 'setup')
  const headers: unknown = definition.headers ?? []
  if (!Array.isArray(headers) || !headers.every((name) => typeof name === 'string' && name !== '')) {
    throw new TypeError("defineLog: headers must be a list of names, such as ['user-agent']")
  }
  return Object.freeze({ ...definition, kind: 'log' as const })
}

const requireName = (name: unknown, by: string): void => {
  if (typeof name !== 'string' || name === '') throw new TypeError(`${by}: a module needs a name`)
}

const requireFunction = (value: unknown, by: string, key: string): void => {
  if (typeof value !== 'function') throw new TypeError(`${by}: ${key} must be a function`)
}
