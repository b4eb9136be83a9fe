/** The bytes that an entry has ready. */
import t from 'tap'
import { Entry, type EntryFacts } from '../../../modules/cache/entry.js'
import { FRESH, makeApplication } from './drive.js'

const facts: EntryFacts = {
  application: makeApplication(),
  status: 200,
  statusText: '200 Fine',
  fields: ['X-Name', '\xfc', 'Content-Type', 'text/plain', 'ETag', '"1"', 'Content-Security-Policy', 'x'],
  variant: { names: [], values: [] },
  freshness: FRESH,
  tags: [],
  edition: -1,
  etag: '"1"',
  lastModified: NaN,
  date: 0,
}
const HEAD =
  'HTTP/1.1 200 Fine\r\nX-Name: \xfc\r\nContent-Type: text/plain\r\nETag: "1"\r\nContent-Security-Policy: x\r\n'
const body = Buffer.from([0, 255, 13, 10, 13, 10, 200])
const text = body.toString('latin1')

t.test('a hit is head, age, connection and body', (t) => {
  const entry = new Entry(facts, body, 500)
  const whole = (now: number, keepAlive: boolean) => entry.whole(now, keepAlive).toString('latin1')
  t.equal(whole(500, true), `${HEAD}Content-Length: 7\r\nAge: 0\r\nConnection: keep-alive\r\n\r\n${text}`)
  t.equal(whole(12_345, true), `${HEAD}Content-Length: 7\r\nAge: 12\r\nConnection: keep-alive\r\n\r\n${text}`)
  t.equal(whole(13_345, false), `${HEAD}Content-Length: 7\r\nAge: 13\r\nConnection: close\r\n\r\n${text}`)
  t.equal(entry.headOnly(1000, true), `${HEAD}Content-Length: 7\r\nAge: 1\r\nConnection: keep-alive\r\n\r\n`)
  t.end()
})

t.test('hits of one second write the same Buffer', (t) => {
  const entry = new Entry(facts, body, 500)
  t.equal(entry.whole(700, true), entry.whole(999, true))
  t.equal(entry.whole(1000, true), entry.whole(1999, true))
  t.not(entry.whole(1999, true), entry.whole(2000, true))
  t.end()
})

t.test('a Buffer that was given out does not change any more', (t) => {
  const entry = new Entry(facts, body, 0)
  const first = entry.whole(0, true)
  const before = first.toString('latin1')
  entry.whole(9000, true)
  t.equal(first.toString('latin1'), before)
  t.end()
})

t.test('304 has no fields that describe a body; 206 has all, and its range', (t) => {
  const entry = new Entry(facts, body, 0)
  t.equal(
    entry.notModified(0, false),
    'HTTP/1.1 304 Not Modified\r\nX-Name: \xfc\r\nETag: "1"\r\nContent-Security-Policy: x\r\nAge: 0\r\nConnection: close\r\n\r\n',
  )
  t.equal(
    entry.part({ start: 1, end: 4 }, 0, true).toString('latin1'),
    `${HEAD.replace('200 Fine', '206 Partial Content')}Content-Range: bytes 1-3/7\r\nContent-Length: 3\r\n` +
      `Age: 0\r\nConnection: keep-alive\r\n\r\n\xff\r\n`,
  )
  t.end()
})

t.test('204 has no Content-Length', (t) => {
  const entry = new Entry({ ...facts, status: 204, statusText: '204 No Content' }, Buffer.alloc(0), 0)
  t.notMatch(entry.headOnly(0, true), /content-length/i)
  t.end()
})

t.test('its size is not less than its bytes', (t) => {
  t.ok(new Entry(facts, Buffer.alloc(5000), 0).size > 5000 + 2 * HEAD.length)
  t.end()
})
