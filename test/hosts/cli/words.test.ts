/** What people read: tables, evidence in words, lengths of time. */
import t from 'tap'
import { evidenceOf } from '../../../hosts/cli/evidence.js'
import { table } from '../../../hosts/cli/table.js'
import { age, counted, megabytes, percent } from '../../../hosts/cli/words.js'

const rows = [
  { name: 'Api', count: 7, url: '/a/long/path/that/goes/on' },
  { name: 'Shop \u001b[31m', count: 120, url: '/' },
]
const columns = [
  { title: 'NAME', of: ({ name }: (typeof rows)[number]) => name },
  { title: 'COUNT', of: ({ count }: (typeof rows)[number]) => count, right: true },
  { title: 'URL', of: ({ url }: (typeof rows)[number]) => url },
]

t.test('a table is as wide as its cells, and no wider than the terminal', async (t) => {
  t.equal(
    table(columns, rows, 0),
    'NAME             COUNT  URL\n' +
      'Api                  7  /a/long/path/that/goes/on\n' +
      'Shop \\u{1b}[31m    120  /\n',
  )
  const narrow = table(columns, rows, 40)
  t.match(narrow, '/a/long/path/...')
  t.ok(narrow.split('\n').every((line) => line.length <= 40))
})

t.test(
  'evidence is told in words, unknown facts by their names, errors with the first lines of their stack',
  async (t) => {
    const entry = { at: 100_000, what: 'failed', worker: 3, reason: 'it failed', event: 5010 }
    const evidence = {
      id: 3,
      pool: 'Api',
      state: 'running',
      startedAt: 40_000,
      taken: 5,
      executing: 2,
      oldestRequest: 12_000,
      lastPong: 79_000,
      memory: 50 * 1_048_576,
      utilisation: 0.97,
      exitCode: 3,
      error: ['Error: no', ...Array.from({ length: 20 }, (_, line) => `    at line ${line}`)].join('\n'),
    }
    const [facts, ...stack] = evidenceOf({ ...entry, evidence })
    t.equal(
      facts,
      'it had run for 60 s, had taken 5 requests, 2 requests unanswered, the oldest 12 s old, used 50 MB, ' +
        'its event loop was 97 % busy, its last answer to a ping was 21 s old, exitCode: 3',
    )
    t.equal(stack.length, 6)
    t.same(evidenceOf({ ...entry, evidence: {} }), [])
  },
)

t.test('lengths of time and amounts', async (t) => {
  t.same([340, 12_000, 240_000, 3 * 3_600_000, 5 * 86_400_000].map(age), [
    '340 ms',
    '12 s',
    '4 min',
    '3 h',
    '5 d',
  ])
  t.same(
    [counted(1, 'request'), counted(2, 'request'), megabytes(1_048_576), percent(0.5)],
    ['1 request', '2 requests', '1 MB', '50 %'],
  )
})
