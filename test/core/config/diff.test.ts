/** What is found to have changed between two configurations. */
import t from 'tap'
import { build } from '../../../core/config/build.js'
import {
  changesResponses,
  describeChanges,
  needsRestart,
  untilRestart,
} from '../../../core/config/changes.js'
import { diffConfigurations } from '../../../core/config/diff.js'
import type { ServerConfig } from '../../../core/contract/config.js'

type Raw = Record<string, unknown>

const site = (name: string, more: Raw = {}): Raw => ({
  name,
  bindings: [{ bindingInformation: `*:80:${name}` }],
  applications: [{ path: '/', module: 'a.js', applicationPool: 'p' }],
  ...more,
})

const config = (more: Raw = {}): ServerConfig =>
  build(
    { applicationPools: [{ name: 'p' }, { name: 'q' }], sites: [site('a'), site('b')], ...more },
    '/h.json',
  )

const words = (before: ServerConfig, after: ServerConfig): string[] =>
  describeChanges(diffConfigurations(before, after))

t.test('the same is no change, wherever it stands', async (t) => {
  t.same(words(config(), config()), [])
  const sites = [site('b', { id: 2 }), site('a', { id: 1 })]
  t.same(words(config({ sites: [site('a'), site('b')] }), config({ sites })), [])
})

t.test('pools', async (t) => {
  const applicationPools = [
    { name: 'p', queueLength: 20, environmentVariables: { SECRET: 'x' }, processModel: { maxProcesses: 2 } },
    { name: 'r' },
  ]
  const changes = diffConfigurations(config(), config({ applicationPools }))
  t.same(describeChanges(changes), [
    'pool "r" added',
    'pool "q" removed',
    'pool "p": queueLength, environmentVariables.SECRET, processModel.maxProcesses',
  ])
  t.same(changes.changedPools[0]?.keys, [
    { key: 'queueLength', effect: 'live' },
    { key: 'environmentVariables.SECRET', effect: 'recycle' },
    { key: 'processModel.maxProcesses', effect: 'recycle' },
  ])
})

t.test('sites and their applications', async (t) => {
  const changed = site('a', {
    bindings: [{ bindingInformation: '*:81:a' }],
    limits: { maxUrlSegments: 3 },
    applications: [
      { path: '/', module: 'other.js', applicationPool: 'q' },
      { path: '/shop', module: 'a.js', applicationPool: 'p' },
    ],
  })
  const after = config({ sites: [changed, site('c')] })
  t.same(words(config(), after), [
    'site "c" added',
    'site "b" removed',
    'site "a": limits.maxUrlSegments, bindings',
    'application "a/shop" added',
    'application "a/": module, applicationPool',
  ])
  t.same(words(after, config()), [
    'site "b" added',
    'site "c" removed',
    'site "a": limits.maxUrlSegments, bindings',
    'application "a/shop" removed',
    'application "a/": module, applicationPool',
  ])
})

t.test('what the server has of its own; what needs a restart stays as it was until then', async (t) => {
  const before = config({ eventLog: { file: './old.log' } })
  const after = config({
    webLimits: { maxFieldLength: 100 },
    pipeline: { log: ['log'] },
    eventLog: { level: 'error' },
    modules: [{ name: 'm', module: './m.js' }],
  })
  const changes = diffConfigurations(before, after)
  const waits = needsRestart(changes)
  t.same([...waits].sort(), ['eventLog.file', 'modules', 'pipeline.log'])
  const now = untilRestart(before, after, waits)
  t.same(words(before, now), ['webLimits.maxFieldLength', 'eventLog.level'])
  t.same(
    [...needsRestart(diffConfigurations(now, after))].sort(),
    [...waits].sort(),
    'they are still to come',
  )
  t.equal(untilRestart(before, before, []), before)
})

t.test('whether kept responses may be untrue now', async (t) => {
  const says = (sites: Raw[]): boolean => changesResponses(diffConfigurations(config(), config({ sites })))
  t.notOk(says([site('a', { logFile: { period: 'Hourly' }, limits: { maxUrlSegments: 1 } }), site('b')]))
  t.ok(says([site('a')]))
  t.ok(says([site('a'), site('b', { caching: { enabled: false } })]))
  t.ok(says([site('a'), site('b', { bindings: [{ bindingInformation: '*:80:c' }] })]))
})
