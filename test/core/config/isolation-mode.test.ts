/** IIS 5 mode: the hosts that applications get in place of pools, and what a mode leaves without effect. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { needsRestart, untilRestart } from '../../../core/config/changes.js'
import { diffConfigurations } from '../../../core/config/diff.js'
import { readConfig } from '../../../core/config/read.js'
import type { ServerConfig } from '../../../core/contract/config.js'
import { ConfigurationError } from '../../../core/errors.js'

const read = (t: Test, config: object, applications: readonly object[] = [{}]): ServerConfig => {
  const folder = t.testdir({
    'host.json': JSON.stringify({
      isolationMode: 'iis5',
      sites: [
        {
          name: 'S',
          bindings: [{ bindingInformation: '*:80:' }],
          applications: applications.map((own) => ({ type: 'static', ...own })),
        },
      ],
      ...config,
    }),
  })
  return readConfig(join(folder, 'host.json')).config
}

const hostsOf = (config: ServerConfig) =>
  config.sites.flatMap(({ applications }) =>
    applications.map(({ path, applicationPool }) => [path, applicationPool]),
  )

t.test("an application is pooled unless it says otherwise; IIS's numbers mean the same", async (t) => {
  const config = read(t, {}, [
    { path: '/', applicationPool: 'DefaultAppPool' },
    { path: '/a', appIsolated: 'inProcess' },
    { path: '/b', appIsolated: 0 },
    { path: '/c', appIsolated: 'isolated' },
    { path: '/d', appIsolated: 1 },
    { path: '/e', appIsolated: 'pooled' },
    { path: '/f', appIsolated: 2 },
  ])
  t.same(hostsOf(config), [
    ['/', 'dllhost'],
    ['/a', 'inetinfo'],
    ['/b', 'inetinfo'],
    ['/c', 'dllhost S/c'],
    ['/d', 'dllhost S/d'],
    ['/e', 'dllhost'],
    ['/f', 'dllhost'],
  ])
  t.same(
    config.applicationPools.map(({ name, isolation }) => [name, isolation]),
    [
      ['dllhost', 'process'],
      ['inetinfo', 'inline'],
      ['dllhost S/c', 'process'],
      ['dllhost S/d', 'process'],
    ],
  )
})

t.test('without a word the server is in worker process mode', async (t) => {
  const config = read(t, { isolationMode: undefined }, [{ applicationPool: 'DefaultAppPool' }])
  t.equal(config.isolationMode, 'workerProcess')
  t.same(hostsOf(config), [['/', 'DefaultAppPool']])
  t.same(config.settingsWithoutEffect, [])
})

t.test('appIsolated is inherited as all settings of applications are', async (t) => {
  const config = read(t, { applicationDefaults: { appIsolated: 'inProcess' } }, [
    {},
    { path: '/x', appIsolated: 'pooled' },
  ])
  t.same(hostsOf(config), [
    ['/', 'inetinfo'],
    ['/x', 'dllhost'],
  ])
})

const EVERYTHING = {
  isolation: 'thread',
  queueLength: 77,
  autoStart: false,
  startMode: 'AlwaysRunning',
  environmentVariables: { A: 'b' },
  processModel: { maxProcesses: 4, threads: 2, startupTimeLimit: '5s', idleTimeout: '1m' },
  recycling: {
    periodicRestart: { requests: 10, memory: 100_000, privateMemory: 100_000, schedule: ['03:00'] },
    onFileChange: { enabled: true },
  },
  failure: { inFlight: '502', orphanWorkerProcess: true, selfHealing: { enabled: true } },
  cpu: { smpAffinitized: true },
}

t.test(
  'a host is never recycled, pinged, or ended for idleness; what has a meaning comes from the defaults',
  async (t) => {
    const config = read(t, { applicationPoolDefaults: EVERYTHING }, [
      {},
      { path: '/i', appIsolated: 'inProcess' },
    ])
    for (const host of config.applicationPools) {
      t.match(host, {
        queueLength: 77,
        autoStart: true,
        startMode: 'OnDemand',
        environmentVariables: { A: 'b' },
        processModel: {
          maxProcesses: 1,
          threads: 1,
          startupTimeLimit: 5000,
          idleTimeout: 0,
          pingingEnabled: false,
        },
        recycling: {
          periodicRestart: { time: 0, requests: 0, memory: 0, privateMemory: 0 },
          onFileChange: { enabled: false },
        },
        failure: {
          inFlight: '502',
          rapidFailProtection: false,
          orphanWorkerProcess: false,
          selfHealing: { enabled: false },
        },
        cpu: { limit: 0, smpAffinitized: false },
      })
      t.same(host.recycling.periodicRestart.schedule, [])
    }
  },
)

t.test('what does not apply is named, in either mode, and not refused', async (t) => {
  const both = {
    applicationPoolDefaults: EVERYTHING,
    applicationPools: [
      { name: 'P', recycling: { periodicRestart: { requests: 5 } }, queueLength: 50 },
      { name: 'Q' },
    ],
    applicationDefaults: { appIsolated: 'isolated' },
  }
  const applications = [
    { applicationPool: 'P', appIsolated: 'inProcess' },
    { path: '/q', applicationPool: 'Q' },
  ]
  t.same(read(t, both, applications).settingsWithoutEffect, [
    '/applicationPoolDefaults/isolation',
    '/applicationPoolDefaults/autoStart',
    '/applicationPoolDefaults/startMode',
    '/applicationPoolDefaults/processModel/maxProcesses',
    '/applicationPoolDefaults/processModel/threads',
    '/applicationPoolDefaults/processModel/idleTimeout',
    '/applicationPoolDefaults/recycling',
    '/applicationPoolDefaults/failure/orphanWorkerProcess',
    '/applicationPoolDefaults/failure/selfHealing',
    '/applicationPoolDefaults/cpu',
    '/applicationPools/0/recycling',
    '/applicationPools/0/queueLength',
  ])
  const workers = read(
    t,
    { ...both, isolationMode: 'workerProcess', applicationPoolDefaults: {} },
    applications,
  )
  t.same(workers.settingsWithoutEffect, [
    '/applicationDefaults/appIsolated',
    '/sites/0/applications/0/appIsolated',
  ])
  t.same(hostsOf(workers), [
    ['/', 'P'],
    ['/q', 'Q'],
  ])
})

t.test('a change of the mode waits for a restart, and who runs where waits with it', async (t) => {
  const pools = { applicationPools: [{ name: 'P' }] }
  const applications = [{ applicationPool: 'P', appIsolated: 'inProcess' }]
  const before = read(t, { ...pools, isolationMode: 'workerProcess' }, applications)
  const after = read(t, { ...pools, caching: { enabled: false } }, applications)
  const waits = needsRestart(diffConfigurations(before, after))
  t.same(waits, ['isolationMode'])
  const inForce = untilRestart(before, after, waits)
  t.same(needsRestart(diffConfigurations(before, inForce)), [])
  t.same(hostsOf(inForce), [['/', 'P']])
  t.same(inForce.applicationPools, before.applicationPools)
  t.equal(inForce.caching.enabled, false, 'all else is in force')
})

t.test('what hosts cannot have is refused once, wherever it would hold', async (t) => {
  const wrong = { applicationPoolDefaults: { processModel: { identityType: 'SpecificUser' } } }
  const problemsOf = (applications: object[], config: object): string[] => {
    try {
      read(t, config, applications)
      return []
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      return error.problems.map(({ pointer, message }) => `${pointer}: ${message}`)
    }
  }
  t.same(problemsOf([{}, { path: '/x', appIsolated: 'isolated' }], wrong), [
    '/applicationPoolDefaults/processModel/identityType: "SpecificUser" needs "userName", the name of the account',
  ])
  const environments = [
    { environment: { A: '1' } },
    { path: '/x', environment: { A: '2' } },
    { path: '/y', environment: { A: '3' }, appIsolated: 'isolated' },
  ]
  t.match(problemsOf(environments, {}), [/applications\/1\/environment\/A.*set "appIsolated": "isolated"$/])
  t.match(problemsOf([{ appIsolated: 3 }], {}), [/appIsolated/])
})
