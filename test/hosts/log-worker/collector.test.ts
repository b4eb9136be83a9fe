/** What the listener collects of requests is what a log module sees of them, whether they repeat each other or not. */
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import type { RequestContext } from '../../../core/index.js'
import type { Batch } from '../../../hosts/log-worker/batch.js'
import { Collector } from '../../../hosts/log-worker/collector.js'
import { recordsOf } from '../../../hosts/log-worker/records.js'
import { makeRequest, makeSite } from '../../modules/log/fixtures.js'

const HEADERS = ['user-agent', 'x-none']

const collect = () => {
  const clock = new ManualClock()
  const batches: Batch[] = []
  const collector = new Collector(HEADERS, clock, (batch) => batches.push(batch))
  const records = () => batches.flatMap((batch) => recordsOf(structuredClone(batch), HEADERS))
  return { clock, batches, collector, records }
}

const repeated = (
  rawHeaders: readonly string[],
  facts: Parameters<typeof makeRequest>[0],
): RequestContext => {
  const ctx = makeRequest(facts)
  ctx.rawHeaders = rawHeaders
  ctx.repeatsHeaders = true
  return ctx
}

t.test('a record has what the request had, and the wanted headers alone', async (t) => {
  const { collector, records } = collect()
  const site = makeSite()
  collector.add(
    makeRequest({
      site,
      target: '/a%20b?q=1',
      path: '/a b',
      headers: ['User-Agent', 'one', 'user-agent', 'two', 'Cookie', 'secret'],
      remoteAddress: '::ffff:192.0.2.1',
    }),
  )
  collector.flush()
  t.match(records(), [
    {
      siteId: 1,
      site: 'Site 1',
      path: '/a b',
      clientAddress: '192.0.2.1',
      headers: { 'user-agent': 'one, two' },
    },
  ])
  t.same(Object.keys(records()[0]?.headers ?? {}), ['user-agent'])
})

t.test('requests that share their headers share a group, but not what differs', async (t) => {
  const { collector, batches, records } = collect()
  const site = makeSite()
  const headers = ['User-Agent', 'x']
  for (const path of ['/one', '/two', '/one', '/one', '/two'])
    collector.add(repeated(headers, { site, target: path, path }))
  collector.add(repeated(headers, { site, target: '/two', path: '/two', method: 'HEAD' }))
  collector.flush()
  t.same(
    records().map(({ method, path }) => `${method} ${path}`),
    ['GET /one', 'GET /two', 'GET /one', 'GET /one', 'GET /two', 'HEAD /two'],
  )
  t.equal(batches.length, 1)
})

t.test('a request that was refused before its target was understood is shown as it came', async (t) => {
  const { collector, records } = collect()
  collector.add(makeRequest({ site: null, target: '/a%00?x', path: '' }))
  collector.flush()
  t.match(records(), [{ siteId: 0, site: '', path: '/a%00', query: 'x' }])
})

t.test('a batch goes when it is full of records or of text, and after a second at the latest', async (t) => {
  const { clock, collector, batches } = collect()
  const site = makeSite()
  collector.add(makeRequest({ site }))
  clock.advance(999)
  t.equal(batches.length, 0)
  clock.advance(1)
  t.same(
    batches.map(({ count }) => count),
    [1],
  )
  for (let i = 0; i < 513; i++) collector.add(makeRequest({ site }))
  t.same(
    batches.map(({ count }) => count),
    [1, 512],
  )
  collector.flush()
  const path = `/${'x'.repeat(40_000)}`
  for (let i = 0; i < 2; i++) collector.add(makeRequest({ site, target: path, path }))
  t.same(
    batches.map(({ count }) => count),
    [1, 512, 1, 2],
  )
  collector.flush()
  t.equal(batches.length, 4, 'an empty one does not go at all')
})
