/** What a listener process has answered by itself reaches the log stages of the server as it was. */
import { serialize, deserialize } from 'node:v8'
import t from 'tap'
import { ManualClock, RequestContext, type Application, type Slot } from '../../../core/index.js'
import { Pipeline } from '../../../core/pipeline/pipeline.js'
import type { NamedStage } from '../../../core/pipeline/listener-steps.js'
import { RecordCollector } from '../../../hosts/listener-process/record-collector.js'
import { RecordReader } from '../../../hosts/listener-process/record-reader.js'
import type { Records } from '../../../hosts/listener-process/records.js'
import { RemoteConnection } from '../../../hosts/listener-process/remote-connection.js'

const application = {
  path: '/shop',
  site: { name: 'Test', id: 7 },
  queue: { name: 'Pool' },
} as unknown as Application
const none: Record<Slot, NamedStage[]> = {
  validate: [],
  cache: [],
  route: [],
  queue: [],
  dispatch: [],
  log: [],
}
const clock = new ManualClock()
const events = { write: () => undefined }

/** Two that are alike, one of another client, one that was refused. */
const requests = (pipeline: Pipeline): RequestContext[] => {
  const headers = ['Host', 'one', 'Cookie', 'a=1']
  const make = (target: string, rawHeaders: readonly string[], port: number): RequestContext => {
    const connection = new RemoteConnection(1, {
      remoteAddress: '192.0.2.1',
      remotePort: port,
      localAddress: '192.0.2.9',
      localPort: 80,
      encrypted: false,
    })
    const writer = { send: () => 'CONTINUE' as const, inform: () => undefined }
    return new RequestContext(
      pipeline,
      connection,
      writer,
      'GET',
      target,
      '1.1',
      rawHeaders,
      null,
      true,
      false,
      1000,
    )
  }
  const all = [
    make('/shop/a?b', headers, 1),
    make('/shop/a?b', headers, 2),
    make('/shop/a?b', ['Host', 'two'], 3),
    make('/%', [], 4),
  ]
  all.forEach((ctx, index) => {
    ctx.completedAt = 1001 + index
    ctx.bytesSent = 100 + index
    if (index === 3) {
      ctx.error = 'BAD_URL'
      ctx.response.status = 400
      return
    }
    ctx.path = '/shop/a'
    ctx.query = 'b'
    ctx.host = 'one'
    ctx.site = application.site
    ctx.application = application
    ctx.response.status = 200
    ctx.response.fromCache = true
  })
  return all
}

const facts = (ctx: RequestContext): unknown => [
  ctx.target,
  ctx.path,
  ctx.query,
  ctx.host,
  ctx.rawHeaders,
  ctx.site?.name,
  ctx.application?.path,
  ctx.connection.remotePort,
  ctx.receivedAt,
  ctx.completedAt,
  ctx.bytesSent,
  ctx.response.status,
  ctx.response.fromCache,
  ctx.error,
]

t.test('every fact arrives, each request once and in its order', (t) => {
  const seen: RequestContext[] = []
  const stage = {
    run: (ctx: RequestContext) => {
      seen.push(ctx)
      return 'CONTINUE' as const
    },
  }
  const pipeline = new Pipeline({ ...none, log: [{ name: 'log', stage }] }, events, clock)
  const batches: Records[] = []
  const collector = new RecordCollector((records) => batches.push(deserialize(serialize(records)) as Records))
  const sent = requests(pipeline)
  for (const ctx of sent) collector.add(ctx)
  collector.flush()
  t.equal(batches.length, 1)
  t.equal(batches[0]?.groups.length, 3, 'what is alike travels once')

  const reader = new RecordReader(pipeline, ({ site, path }) =>
    site === 'Test' && path === '/shop' ? application : undefined,
  )
  for (const batch of batches) reader.read(batch)
  t.same(seen.map(facts), sent.map(facts))
  t.equal(seen[0]?.rawHeaders, seen[1]?.rawHeaders, 'one list of headers for both')

  for (const batch of batches) reader.read(batch)
  t.equal(seen[4]?.rawHeaders, seen[0]?.rawHeaders, 'also in the next batch')
  t.ok(seen[4]?.repeatsHeaders)
  t.end()
})

t.test('a full batch leaves at once', (t) => {
  const pipeline = new Pipeline(none, events, clock)
  const counts: number[] = []
  const collector = new RecordCollector(({ rows }) => counts.push(rows.length / 10))
  const [one] = requests(pipeline)
  for (let count = 0; one && count < 1500; count++) collector.add(one)
  t.same(counts, [1024])
  collector.flush()
  t.same(counts, [1024, 476])
  t.end()
})
