/** The functions that module authors call: they stamp a definition and check its form, nothing more. */
import type { TObject, TSchema } from 'typebox'
import type { AdapterDefinition, AdapterModule } from '../contract/adapter.js'
import type { HandlerDefinition, HandlerModule } from '../contract/handler.js'
import type { WorkerModule, WorkerModuleDefinition } from '../contract/worker-module.js'
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
 * Makes a module of the worker's integrated pipeline: what an application lists in `modules`.
 *
 * @throws TypeError when the definition has no name or no `setup`.
 */
export const defineModule = <O extends TSchema = TObject>(
  definition: WorkerModuleDefinition<O>,
): WorkerModule<O> => {
  requireName(definition.name, 'defineModule')
  requireFunction(definition.setup, 'defineModule', 'setup')
  return Object.freeze({ ...definition, kind: 'module' as const })
}

/**
 * Makes a handler of a definition: what a mapping in `handlers` names, or the `module` of an application.
 *
 * @throws TypeError when the definition has no name or no `handle`.
 */
export const defineHandler = <O extends TSchema = TObject>(
  definition: HandlerDefinition<O>,
): HandlerModule<O> => {
  requireName(definition.name, 'defineHandler')
  requireFunction(definition.handle, 'defineHandler', 'handle')
  return Object.freeze({ ...definition, kind: 'handler' as const })
}

const requireName = (name: unknown, by: string): void => {
  if (typeof name !== 'string' || name === '') throw new TypeError(`${by}: a module needs a name`)
}

const requireFunction = (value: unknown, by: string, key: string): void => {
  if (typeof value !== 'function') throw new TypeError(`${by}: ${key} must be a function`)
}
