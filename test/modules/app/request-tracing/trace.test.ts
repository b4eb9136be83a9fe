/** Which requests get a trace file, and how the files are kept. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { failureOf, type RuleOptions } from '../../../../modules/app/request-tracing/failure.js'
import { TraceFolder } from '../../../../modules/app/request-tracing/trace-folder.js'
import type { TraceReport } from '../../../../modules/app/request-tracing/trace.js'

const rule = (more: Partial<RuleOptions>): RuleOptions => ({
  ...{ path: '*', verbs: '', statusCodes: '', verbosity: 'Verbose' },
  ...more,
})

const report = (url: string): TraceReport => ({
  ...{
    time: '',
    application: 'Test/',
    pool: 'p',
    client: '::1',
    method: 'GET',
    failureReason: 'STATUS_CODE',
  },
  ...{ status: 404, subStatus: 0, timeTaken: 1, user: '', headers: ['Host: x'], omitted: 0 },
  url,
  lines: [{ at: 0.5, source: 'execute', text: '<b>' }],
})

t.test('a request fails by its status, its sub-status or its time', async (t) => {
  const failure = failureOf(rule({ statusCodes: '400-403, 404.3,500', timeTaken: 1000 }))
  t.equal(failure(403, 6, 0), 'STATUS_CODE')
  t.equal(failure(404, 3, 0), 'STATUS_CODE')
  t.equal(failure(404, 0, 0), null)
  t.equal(failure(500, 19, 0), 'STATUS_CODE')
  t.equal(failure(200, 0, 1000), 'TIME_TAKEN')
  t.equal(failure(200, 0, 999), null)
  t.throws(() => failureOf(rule({ statusCodes: '4xx' })), /"4xx" is no status/)
})

t.test('files are numbered, go on where others were, and the oldest make room', async (t) => {
  const path = join(
    t.testdir({ traces: { 'fr000007.json': '{}', 'fr000007.html': '', 'other.txt': '' } }),
    'traces',
  )
  const folder = new TraceFolder(path, 2, (error) => t.fail(String(error)))
  for (const url of ['/1', '/2', '/3']) folder.write(report(url))
  await folder.close()
  t.same(readdirSync(path).sort(), [
    ...['fr000009.html', 'fr000009.json', 'fr000010.html', 'fr000010.json', 'other.txt'],
  ])
  t.match(JSON.parse(readFileSync(join(path, 'fr000010.json'), 'utf8')), {
    url: '/3',
    lines: [{ text: '<b>' }],
  })
  t.match(readFileSync(join(path, 'fr000010.html'), 'utf8'), /&lt;b&gt;/)
})

t.test('two workers do not write over each other', async (t) => {
  const path = join(t.testdir(), 'traces')
  const folders = [1, 2].map(() => new TraceFolder(path, 50, (error) => t.fail(String(error))))
  for (const folder of folders) for (let i = 0; i < 5; i++) folder.write(report(`/${i}`))
  await Promise.all(folders.map((folder) => folder.close()))
  t.equal(readdirSync(path).filter((name) => name.endsWith('.json')).length, 10)
})

t.test('a folder that cannot be written is told, and costs nothing else', async (t) => {
  const told: unknown[] = []
  const folder = new TraceFolder(join(t.testdir({ file: '' }), 'file'), 2, (error) => told.push(error))
  folder.write(report('/1'))
  await folder.close()
  t.equal(told.length, 1)
})
