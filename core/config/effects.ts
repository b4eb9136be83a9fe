/** What a change of each setting does to a running server; docs/configuration-changes.md shows the same tables. */

/**
 * `live`: in force at once, nothing is interrupted. `recycle`: the workers of the pool are replaced, without losing a
 * request. `restart`: kept back until the server is started anew.
 */
export type Effect = 'live' | 'recycle' | 'restart'

/** By key, or by the section that it stands in; the longest that fits counts. */
export type Effects = Readonly<Record<string, Effect>>

/** Of a pool: what its workers are told at their start they keep (IIS: the list of "Recycling on configuration change"). */
export const poolEffects: Effects = {
  queueLength: 'live',
  queueTimeout: 'live',
  autoStart: 'live',
  startMode: 'live',
  loadBalancing: 'live',
  'recycling.disallowOverlappingRotation': 'live',
  'recycling.disallowRotationOnConfigChange': 'live',
  'recycling.logEventOnRecycle': 'live',
  'recycling.onFileChange': 'live',
  'failure.loadBalancerCapabilities': 'live',
  'failure.rapidFailProtection': 'live',
  'failure.rapidFailProtectionInterval': 'live',
  'failure.rapidFailProtectionMaxCrashes': 'live',
  'failure.autoShutdownExe': 'live',
  'failure.autoShutdownParams': 'live',
  'failure.selfHealing': 'live',
  isolation: 'recycle',
  concurrentRequests: 'recycle',
  resourceLimits: 'recycle',
  environmentVariables: 'recycle',
  nodePath: 'recycle',
  nodeOptions: 'recycle',
  processModel: 'recycle',
  'recycling.periodicRestart': 'recycle',
  failure: 'recycle',
  cpu: 'recycle',
  enable32BitAppOnWin64: 'recycle',
  managedRuntimeVersion: 'recycle',
  managedRuntimeLoader: 'recycle',
  enableConfigurationOverride: 'recycle',
  managedPipelineMode: 'recycle',
  CLRConfigFile: 'recycle',
  passAnonymousToken: 'recycle',
}

/** Of a site. */
export const siteEffects: Effects = {
  id: 'live',
  bindings: 'live',
  serverAutoStart: 'live',
  limits: 'live',
  logFile: 'live',
  caching: 'live',
  traceFailedRequestsLogging: 'live',
  // What follows from them are other lists of its applications.
  handlers: 'live',
  filters: 'live',
  modules: 'live',
  accessPolicy: 'live',
  access: 'live',
  requestFiltering: 'live',
  hsts: 'live',
}

/** Of an application; its path is what it is known by. */
export const applicationEffects: Effects = {
  applicationPool: 'live',
  // What follows from it in IIS 5 mode is another applicationPool.
  appIsolated: 'live',
  access: 'live',
  caching: 'live',
  requestFiltering: 'live',
  enabledProtocols: 'live',
  preloadEnabled: 'live',
  applicationInitialization: 'live',
  serviceAutoStartEnabled: 'live',
  serviceAutoStartProvider: 'live',
  module: 'recycle',
  type: 'recycle',
  physicalPath: 'recycle',
  pathBase: 'recycle',
  environment: 'recycle',
  options: 'recycle',
  virtualDirectories: 'recycle',
  handlers: 'recycle',
  filters: 'recycle',
  modules: 'recycle',
  accessPolicy: 'recycle',
}

/** Of the whole server. */
export const serverEffects: Effects = {
  webLimits: 'live',
  'webLimits.listenerThreads': 'restart',
  log: 'live',
  caching: 'live',
  'eventLog.level': 'live',
  'eventLog.file': 'restart',
  configHistory: 'live',
  control: 'restart',
  isolationMode: 'restart',
  modules: 'restart',
  // Applications are given new lists; what sees raw data waits for a restart.
  filters: 'live',
  requestFiltering: 'live',
  pipeline: 'restart',
  listenerAdapters: 'restart',
  customMetadata: 'restart',
  serviceAutoStartProviders: 'restart',
}

/** A key that no table has costs more rather than less. */
export const effectOf = (key: string, effects: Effects, otherwise: Effect): Effect => {
  for (let name = key; name !== ''; name = name.slice(0, Math.max(name.lastIndexOf('.'), 0))) {
    const effect = effects[name]
    if (effect) return effect
  }
  return otherwise
}
