/** The functions that module authors call: they stamp a definition and check its form, nothing more. */
import type { TObject, TSchema } from 'typebox'
import type { AdapterDefinition, AdapterModule } from '../contract/adapter.js'
import type { HandlerDefinition, HandlerModule } from '../contract/handler.js'
import type { WorkerModule, WorkerModuleDefinition } from '../contract/worker-module.js'
import type { BalancerDefinition, BalancerModule } from '../contract/balancer.js'
import type { FilterDefinition, FilterModule, FilterNotification } from '../contract/filter.js'
import type { LogDefinition, LogModule } from '../contract/log.js'
import type { Slot, StageDefinition, StageModule } from '../contract/stage.js'
import { refuseMisspelt } from './misspelt.js'

/** What every definition may have. */
const COMMON = ['name', 'options', 'webgarden', 'kind'] as const
const SLOTS: readonly Slot[] = ['validate', 'cache', 'route', 'queue', 'dispatch', 'log']

/**
 * Makes a stage of a definition: what a module file exports by default and `applicationHost.json` names.
 *
 * @throws TypeError when the definition has no name, an unknown slot or no `setup`.
 */
export const defineStage = <O extends TSchema = TObject>(definition: StageDefinition<O>): StageModule<O> => {
  const slots = [definition.slot].flat()
  requireName(definition.name, 'defineStage')
  refuseMisspelt(definition, [...COMMON, 'slot', 'slots', 'setup'], 'defineStage')
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
  refuseMisspelt(definition, [...COMMON, 'recognises', 'adapt', 'needsModule'], 'defineAdapter')
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
  refuseMisspelt(definition, [...COMMON, 'setup', 'perClient'], 'defineModule')
  requireFunction(definition.setup, 'defineModule', 'setup')
  return Object.freeze({ ...definition, kind: 'module' as const })
}

/**
 * Makes a filter of a definition: what an application, a site or the server lists in `filters`.
 *
 * @throws TypeError when the definition has no name, or something else than a function for a notification.
 */
export const defineFilter = <O extends TSchema = TObject>(
  definition: FilterDefinition<O>,
): FilterModule<O> => {
  requireName(definition.name, 'defineFilter')
  refuseMisspelt(
    definition,
    [...COMMON, ...NOTIFICATIONS, 'priority', 'port', 'load', 'unload'],
    'defineFilter',
  )
  const heard = NOTIFICATIONS.filter((notification) => definition[notification] !== undefined)
  for (const notification of heard) requireFunction(definition[notification], 'defineFilter', notification)
  if (heard.length === 0)
    throw new TypeError(`defineFilter: a filter hears of at least one of ${NOTIFICATIONS.join(', ')}`)
  return Object.freeze({ ...definition, kind: 'filter' as const })
}

const NOTIFICATIONS = [
  'readRawData',
  'preprocHeaders',
  'urlMap',
  'authentication',
  'authComplete',
  'accessDenied',
  'sendResponse',
  'sendRawData',
  'log',
  'endOfRequest',
  'endOfNetSession',
] as const satisfies readonly FilterNotification[]

/**
 * Makes a load-balancing function of a definition: what a pool names in `loadBalancing`.
 *
 * @throws TypeError when the definition has no name or no `setup`.
 */
export const defineBalancer = <O extends TSchema = TObject>(
  definition: BalancerDefinition<O>,
): BalancerModule<O> => {
  requireName(definition.name, 'defineBalancer')
  requireFunction(definition.setup, 'defineBalancer', 'setup')
  return Object.freeze({ ...definition, kind: 'balancer' as const })
}

/**
 * Makes a log module of a definition: it gets the records of requests that are over, in a worker of its own.
 *
 * @throws TypeError when the definition has no name, no `setup`, or `headers` that are no names.
 */
export const defineLog = <O extends TSchema = TObject>(definition: LogDefinition<O>): LogModule<O> => {
  requireName(definition.name, 'defineLog')
  refuseMisspelt(definition, [...COMMON, 'setup', 'check', 'headers'], 'defineLog')
  requireFunction(definition.setup, 'defineLog', 'setup')
  const headers: unknown = definition.headers ?? []
  if (!Array.isArray(headers) || !headers.every((name) => typeof name === 'string' && name !== '')) {
    throw new TypeError("defineLog: headers must be a list of names, such as ['user-agent']")
  }
  return Object.freeze({ ...definition, kind: 'log' as const })
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
  refuseMisspelt(definition, [...COMMON, 'handle', 'load', 'unload'], 'defineHandler')
  requireFunction(definition.handle, 'defineHandler', 'handle')
  return Object.freeze({ ...definition, kind: 'handler' as const })
}

const requireName = (name: unknown, by: string): void => {
  if (typeof name !== 'string' || name === '') throw new TypeError(`${by}: a module needs a name`)
}

const requireFunction = (value: unknown, by: string, key: string): void => {
  if (typeof value !== 'function') throw new TypeError(`${by}: ${key} must be a function`)
}
