/** Which limits several listeners are refused, since none of them could keep it. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfig } from '../../../core/config/read.js'
import { ConfigurationError } from '../../../core/errors.js'

const problemsOf = (t: Test, webLimits: object, limits: object = {}): string[] => {
  const folder = t.testdir({
    'host.json': JSON.stringify({
      webLimits,
      sites: [
        {
          name: 'S',
          bindings: [{ bindingInformation: '*:80:' }],
          applications: [{ type: 'static' }],
          limits,
        },
      ],
    }),
  })
  try {
    readConfig(join(folder, 'host.json'))
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems.map(({ pointer, message }) => `${pointer}: ${message}`)
  }
}

const security = { denyByConcurrentRequests: { enabled: true } }

const REFUSED =
  'cannot be kept by 2 listeners (webLimits.listenerThreads), each of which sees only its own connections; ' +
  'leave it out, or set webLimits.listenerThreads to 1'

t.test('what counts over all connections goes with one listener only', (t) => {
  const limits = { maxConnections: 10, maxConnectionsPerClient: 5, maxGlobalBandwidth: 10_000 }
  const ofSite = { maxConnections: 10, maxBandwidth: 10_000, dynamicIpSecurity: security }
  t.same(problemsOf(t, { ...limits, dynamicIpSecurity: security }, ofSite), [])
  t.same(problemsOf(t, { listenerThreads: 2, ...limits, dynamicIpSecurity: security }, ofSite), [
    `/webLimits/maxConnections: ${REFUSED}`,
    `/webLimits/maxConnectionsPerClient: ${REFUSED}`,
    `/webLimits/maxGlobalBandwidth: ${REFUSED}`,
    `/webLimits/dynamicIpSecurity: ${REFUSED}`,
    `/sites/0/limits/maxConnections: ${REFUSED}`,
    `/sites/0/limits/maxBandwidth: ${REFUSED}`,
    `/sites/0/limits/dynamicIpSecurity: ${REFUSED}`,
  ])
  t.end()
})

t.test('what each connection is held to by itself goes with several', (t) => {
  const webLimits = {
    listenerThreads: 4,
    connectionTimeout: '10s',
    headerWaitTimeout: '5s',
    minBytesPerSecond: 500,
    trustedProxies: ['10.0.0.0/8'],
  }
  t.same(problemsOf(t, webLimits, { connectionTimeout: '20s' }), [])
  t.same(problemsOf(t, { listenerThreads: 0 }), [
    '/webLimits/listenerThreads: must be a whole number from 1 to 256, not 0',
  ])
  t.end()
})
