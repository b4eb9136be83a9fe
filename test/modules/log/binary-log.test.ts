import { hostname } from 'node:os'
import t from 'tap'
import { dumpBinaryLog } from '../../../modules/log/binary-dump.js'
import { BinaryLine } from '../../../modules/log/binary-line.js'
import {
  NotABinaryLogError,
  readBinaryLog,
  type BinaryRecord,
  type Damage,
} from '../../../modules/log/binary-reader.js'
import { makeRequest, makeSite, written } from './fixtures.js'

async function* inPieces(bytes: Uint8Array, size = 1_000_000): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const readAll = async (bytes: Uint8Array, size?: number) => {
  const records: BinaryRecord[] = []
  const damages: Damage[] = []
  for await (const entry of readBinaryLog(inPieces(bytes, size))) {
    if ('record' in entry) records.push(entry.record)
    else damages.push(entry.damage)
  }
  return { records, damages, paths: records.map(({ path }) => path) }
}

const dump = async (bytes: Uint8Array, asJson: boolean): Promise<string> => {
  let text = ''
  for await (const line of dumpBinaryLog(inPieces(bytes), asJson))
    text += typeof line === 'string' ? line : '!'
  return text
}

/** A batch of its own for these paths. */
const segment = (...paths: string[]): Buffer =>
  written(new BinaryLine(), ...paths.map((path) => makeRequest({ path })))

t.test('a record gives back all that it was given', async (t) => {
  const ctx = makeRequest({
    site: makeSite({}, 4_000_000_000),
    method: 'POST',
    target: '/x?q=%20&\u00c3\u00bc',
    path: '/ü 日😀',
    remoteAddress: '2001:db8::1',
  })
  ctx.user = 'DOM\\Jane Doe'
  ctx.response.status = 404
  ctx.response.subStatus = 11
  ctx.win32Status = 4_294_967_295
  ctx.bytesSent = 2 ** 40 + 5
  const { records, damages } = await readAll(written(new BinaryLine(), ctx))
  t.same(damages, [])
  t.same(records, [
    {
      completedAt: ctx.completedAt,
      computer: hostname(),
      site: 4_000_000_000,
      clientAddress: '2001:db8::1',
      serverAddress: '10.0.0.1',
      serverPort: 80,
      method: 'POST',
      path: '/ü 日😀',
      query: 'q=%20&ü',
      user: 'DOM\\Jane Doe',
      httpVersion: '1.1',
      status: 404,
      subStatus: 11,
      win32Status: 4_294_967_295,
      timeTaken: 15,
      bytesSent: 2 ** 40 + 5,
      bytesReceived: ctx.bytesReceived,
    },
  ])
})

t.test('a text is written once in a batch: what comes again costs 62 bytes', async (t) => {
  t.equal(segment('/a', '/a', '/a').length - segment('/a', '/a').length, 62)
  t.same((await readAll(segment('/a', '/b', '/a'))).paths, ['/a', '/b', '/a'])
})

t.test('the bytes are those of the documented layout', async (t) => {
  const bytes = segment('/a')
  const computer = Buffer.from(hostname())
  t.equal(bytes[0], 1)
  t.equal(bytes.readUInt16LE(1), 22 + computer.length)
  t.equal(bytes.toString('latin1', 3, 16), 'webgarden-log')
  t.equal(bytes[16], 1)
  t.equal(bytes.readBigUInt64LE(17), BigInt(Date.UTC(2010, 11, 31, 0, 0, 12)))
  t.same(bytes.subarray(25, 25 + computer.length), computer)
  const client = 25 + computer.length + 4
  t.equal(bytes.toString('latin1', client, client + 5), '\u0002\u000d\u0000\u0001\u0000')
  t.equal(bytes.toString('latin1', client + 5, client + 16), '192.168.1.5')
  // FNV-1a, computed as its authors give it.
  let hash = 0x811c9dc5n
  for (const byte of bytes.subarray(client, client + 16))
    hash = ((hash ^ BigInt(byte)) * 0x01000193n) % 2n ** 32n
  t.equal(bytes.readUInt32LE(client + 16), Number(hash))
})

t.test('a file that is cut anywhere loses its last record, and nothing before', async (t) => {
  const one = segment('/a')
  const two = segment('/a', '/a')
  for (let length = one.length; length < two.length; length++) {
    const { paths, damages } = await readAll(two.subarray(0, length))
    t.same(paths, ['/a'], `${length} bytes`)
    t.equal(damages.length, length === one.length ? 0 : 1)
    t.ok(damages.every(({ isLast, offset }) => isLast && offset === one.length))
  }
})

t.test(
  'what was written after a cut is read all the same, and so is what follows a damaged byte',
  async (t) => {
    const cut = segment('/a', '/b').subarray(0, -3)
    const after = await readAll(Buffer.concat([cut, segment('/c', '/d'), segment('/e')]))
    t.same(after.paths, ['/a', '/c', '/d', '/e'])
    t.match(after.damages, [{ isLast: false }])

    const bad = Buffer.concat([segment('/a', '/b', '/c'), segment('/d')])
    const at = segment('/a').length + 5
    bad[at] = (bad[at] ?? 0) ^ 0xff
    const damaged = await readAll(bad)
    t.same(damaged.paths, ['/a', '/d'])
    t.equal(damaged.damages.length, 1)
  },
)

t.test('it may come in pieces of any size', async (t) => {
  const bytes = Buffer.concat([segment('/a', '/b').subarray(0, -3), segment('/c', '/d').subarray(0, -1)])
  const whole = await readAll(bytes)
  for (const size of [1, 7, 64]) t.same(await readAll(bytes, size), whole, `${size} bytes`)
  const large = Buffer.concat(Array.from({ length: 300 }, (_, i) => segment(`/${'a'.repeat(i)}`, '/b')))
  t.equal((await readAll(large, 1000)).records.length, 600)
})

t.test('records of a kind that this version does not know are passed over', async (t) => {
  const one = segment('/a')
  const strange = Buffer.from(one.subarray(-62))
  strange[0] = 9
  let hash = 0x811c9dc5
  for (const byte of strange.subarray(0, -4)) hash = Math.imul(hash ^ byte, 0x01000193)
  strange.writeUInt32LE(hash >>> 0, 58)
  t.same((await readAll(Buffer.concat([one, strange]))).paths, ['/a'])
  t.same((await readAll(Buffer.concat([one, strange]))).damages, [])
})

t.test('another file, or another layout, is said to be one', async (t) => {
  await t.rejects(readAll(Buffer.from('#Software: x\r\n'.repeat(20))), NotABinaryLogError)
  await t.rejects(readAll(Buffer.from('x')), NotABinaryLogError)
  const later = segment('/a')
  later[16] = 2
  await t.rejects(readAll(later), { message: 'this log has layout 2, and this webgarden knows 1' })
  t.same(
    await readAll(Buffer.alloc(0)),
    { records: [], damages: [], paths: [] },
    'an empty file is an empty log',
  )
})

t.test(
  'texts that are longer than all logs take are ..., and a record of very long ones is written',
  async (t) => {
    const long = 'ü'.repeat(4096)
    const ctx = makeRequest({ path: `/${long}`, target: `/?${'a'.repeat(4096)}` })
    ctx.user = long
    const { records } = await readAll(written(new BinaryLine(), ctx))
    t.match(records, [{ path: '...', query: 'a'.repeat(4096), user: long }])
  },
)

t.test('the dump is W3C Extended, or the objects of the JSON format', async (t) => {
  const ctx = makeRequest({ path: '/a b' })
  const bytes = written(new BinaryLine(), ctx, ctx)
  const text = await dump(bytes, false)
  const [software = '', , date, fields, ...rest] = text.split('\r\n')
  t.match(software, /^#Software: webgarden \d/)
  t.equal(date, '#Date: 2010-12-31 00:00:12')
  t.equal(
    fields,
    '#Fields: date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken',
  )
  const line = `2010-12-31 00:00:12 W3SVC1 ${hostname()} 10.0.0.1 GET /a+b - 80 - 192.168.1.5 HTTP/1.1 200 0 0 0 ${ctx.bytesReceived} 15`
  t.same(rest, [line, line, ''])
  const objects = (await dump(bytes, true)).trim().split('\n')
  t.equal(objects.length, 2)
  t.match(JSON.parse(objects[0] ?? ''), { 'cs-uri-stem': '/a b', 'cs-uri-query': null, 'sc-status': 200 })
})
