/** Which pages of an application a new worker asks for before it takes requests. A pure decision. */
import type { ApplicationConfig } from '../contract/config.js'
import type { WarmUpPage } from '../contract/messages.js'

type WarmUpConfig = Pick<ApplicationConfig, 'preloadEnabled' | 'applicationInitialization'>

/**
 * With `preloadEnabled` its root and its pages, at every start. Else its pages, where the worker takes the place of another
 * one that serves meanwhile, or after any start with `doAppInitAfterRestart`.
 */
export const pagesToWarm = (config: WarmUpConfig, replaces: boolean): WarmUpPage[] => {
  const { doAppInitAfterRestart, pages } = config.applicationInitialization
  if (!config.preloadEnabled && !replaces && !doAppInitAfterRestart) return []
  const own = pages.map(({ initializationPage, hostName }) => ({ path: initializationPage, hostName }))
  const root = config.preloadEnabled && !own.some(({ path, hostName }) => path === '/' && hostName === '')
  return root ? [{ path: '/', hostName: '' }, ...own] : own
}
