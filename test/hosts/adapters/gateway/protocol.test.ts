/** The parts of CGI and FastCGI that are formats: header blocks, records, paths. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import {
  pairs,
  params,
  RecordReader,
  stdin,
  type FastCgiRecord,
} from '../../../../hosts/adapters/fastcgi/records.js'
import { Gate } from '../../../../hosts/adapters/gateway/gate.js'
import { Reports } from '../../../../hosts/adapters/gateway/reports.js'
import { parseHead, readHead } from '../../../../hosts/adapters/gateway/response-head.js'
import { ScriptPaths } from '../../../../hosts/adapters/gateway/script-path.js'

t.test('a header block is read with CRLF and with LF, however it is cut', async (t) => {
  for (const end of ['\r\n', '\n']) {
    const text = `Status: 404 Gone${end}Content-Type: text/plain${end}Set-Cookie: a=1${end}Set-Cookie: b=2${end}${end}body`
    for (const size of [1, 3, 1000]) {
      const output = Readable.from(
        text.match(new RegExp(`[^]{1,${size}}`, 'g'))?.map((one) => Buffer.from(one)) ?? [],
        {
          objectMode: false,
        },
      )
      const head = await readHead(output, 1000)
      t.match(head, { status: 404, reason: 'Gone', location: undefined })
      t.same(head.fields.slice(1), [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ])
      let body = ''
      for await (const chunk of output) body += String(chunk)
      t.equal(body, 'body')
    }
  }
})

t.test('a malformed, an endless and a missing header block are refused with words', async (t) => {
  t.throws(() => parseHead('<html>'), { message: /no field: "<html>"/, status: 502 })
  t.throws(() => parseHead('Status: x'), { message: /Status/ })
  t.throws(() => parseHead('A: b\n folded'), { message: /no field/ })
  t.throws(() => parseHead(''), { message: /no header field/ })
  const read = (text: string): Promise<unknown> =>
    readHead(Readable.from([Buffer.from(text)], { objectMode: false }), 50)
  await t.rejects(read(''), { message: /sent nothing/ })
  await t.rejects(read('A: b\n'), { message: /ended before the empty line/ })
  await t.rejects(read('A: b\n'.repeat(20)), { message: /longer than 50/ })
  await t.rejects(read('\nbody'), { message: /no header field/ })
})

t.test('FastCGI records survive being cut anywhere', async (t) => {
  const bytes = Buffer.concat([params({ A: 'b', LONG: 'x'.repeat(70_000) }), stdin(Buffer.alloc(100_000, 1))])
  for (const size of [1, 7, 65_536]) {
    const records: FastCgiRecord[] = []
    const reader = new RecordReader((record) =>
      records.push({ ...record, content: Buffer.from(record.content) }),
    )
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
    const contentOf = (type: number): Buffer =>
      Buffer.concat(records.filter((record) => record.type === type).map(({ content }) => content))
    t.equal(contentOf(5).length, 100_000)
    t.ok(contentOf(4).equals(pairs({ A: 'b', LONG: 'x'.repeat(70_000) })))
  }
  t.throws(() => {
    new RecordReader(() => undefined).push(Buffer.from('HTTP/1.1 400 Bad'))
  }, /version 72/)
})

t.test('a URL is split at the first script, and leads nowhere else', async (t) => {
  const outer = t.testdir({
    'secret.php': '',
    root: { 'a.php': '', 'notes.txt': '', '.env': '', sub: { 'index.php': '' }, data: {} },
  })
  const root = join(outer, 'root')
  writeFileSync(join(root, 'data', 'x.txt'), '')
  mkdirSync(join(root, 'UP'))
  writeFileSync(join(root, 'UP', 'B.PHP'), '')
  symlinkSync(join(outer, 'secret.php'), join(root, 'link.php'))
  symlinkSync(join(root, 'a.php'), join(root, 'source.txt'))
  const options = {
    extensions: ['.php'],
    defaultDocuments: ['index.php'],
    fallback: '',
    hiddenSegments: ['data'],
    followLinks: false,
  }
  const paths = new ScriptPaths(root, options)
  t.match(await paths.find('/a.php'), { kind: 'script', path: '/a.php', pathInfo: '' })
  t.match(await paths.find('/a.php/x/../y'), { kind: 'nothing' })
  t.match(await paths.find('/a.php/x%20y/'), { kind: 'script', path: '/a.php', pathInfo: '/x y/' })
  t.match(await paths.find('/UP/B.PHP'), { kind: 'script' })
  t.match(await paths.find('/sub'), { kind: 'folder' })
  t.match(await paths.find('/sub/'), { kind: 'script', path: '/sub/index.php' })
  t.match(await paths.find('/notes.txt'), { kind: 'file', url: '/notes.txt' })
  for (const path of [
    '/notes.txt/x',
    '/.env',
    '/data/x.txt',
    '/DATA/x.txt',
    '/link.php',
    '/source.txt',
    '/%2e%2e/secret.php',
    '/nothing',
  ])
    t.match(await paths.find(path), { kind: 'nothing' }, path)
  for (const path of ['/%00', '/%ff', '/a.php%00.txt'])
    t.match(await paths.find(path), { kind: 'malformed' }, path)
  const front = new ScriptPaths(root, { ...options, fallback: 'a.php', followLinks: true })
  t.match(await front.find('/nothing/here'), { kind: 'script', path: '/a.php', pathInfo: '' })
  t.match(await front.find('/link.php'), { kind: 'script', path: '/link.php' })
  t.match(await front.find('/.env'), { kind: 'nothing' })
})

t.test('a gate lets the next one in when one leaves, and refuses beyond its queue', async (t) => {
  const gate = new Gate({ atATime: 1, queueLength: 1, longestWait: 10_000 })
  const { signal } = new AbortController()
  await gate.enter(signal)
  const second = gate.enter(signal)
  await t.rejects(gate.enter(signal), { status: 503, message: /queueLength/ })
  gate.leave()
  await second
  const gone = new AbortController()
  const third = gate.enter(gone.signal)
  gone.abort()
  await t.rejects(third, { message: /gone/ })
  gate.leave()
  await gate.enter(signal)
  const brief = new Gate({ atATime: 0, queueLength: 1, longestWait: 5 })
  await t.rejects(brief.enter(signal), { status: 503, message: /no turn/ })
})

t.test('the event log is not flooded', async (t) => {
  const told: string[] = []
  const reports = new Reports('Site/', ({ text }) => told.push(text))
  for (let i = 0; i < 1000; i++) reports.printed('/a.cgi', 'x'.repeat(2000))
  t.equal(told.length, 50)
  t.ok((told[0]?.length ?? 0) < 1200)
})
