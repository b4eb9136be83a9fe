/** Validators of a client against a stored response (RFC 9110 section 13). */
import t from 'tap'
import { ifRangeHolds, isNotModified, type Validators } from '../../../modules/cache/conditional.js'
import { readRequestFields } from '../../../modules/cache/request-fields.js'
import { START } from './drive.js'

const DAY = 86_400_000
const at = (time: number) => new Date(time).toUTCString()
const stored: Validators = { etag: '"v1"', lastModified: START - DAY, date: START }

t.test('If-None-Match compares weakly, with each of a list (8.8.3.2, 13.1.2)', (t) => {
  const rows: readonly [list: string, etag: string | undefined, same: boolean][] = [
    ['"v1"', '"v1"', true],
    ['W/"v1"', '"v1"', true],
    ['"v1"', 'W/"v1"', true],
    ['W/"v1"', 'W/"v1"', true],
    ['"v0", W/"v1" , "v2"', '"v1"', true],
    ['"a,b"', '"a,b"', true],
    ['"x", "a,b"', '"a,b"', true],
    ['*', '"v1"', true],
    ['*', undefined, true],
    ['"v"', '"v1"', false],
    ['"v1"', undefined, false],
    ['v1', '"v1"', false],
    ['"*"', '"v1"', false],
    ['w/"v1"', 'W/"v2"', false],
    ['', '"v1"', false],
  ]
  for (const [list, etag, same] of rows) {
    const request = readRequestFields(['If-None-Match', list])
    t.equal(isNotModified(request, { ...stored, etag }, START), same, `${list} and ${etag ?? 'none'}`)
  }
  t.end()
})

t.test('If-Modified-Since compares with Last-Modified, else with Date (13.1.3)', (t) => {
  const since = (date: string, validators = stored) =>
    isNotModified(readRequestFields(['If-Modified-Since', date]), validators, START)
  t.equal(since(at(START - DAY)), true)
  t.equal(since(at(START)), true)
  t.equal(since(at(START - DAY - 1000)), false)
  t.equal(since('yesterday'), false)
  const undated = { ...stored, lastModified: NaN }
  t.equal(since(at(START), undated), true)
  t.equal(since(at(START - 1000), undated), false)
  t.end()
})

t.test('If-None-Match goes first; without either all is new', (t) => {
  const both = readRequestFields(['If-None-Match', '"v0"', 'If-Modified-Since', at(START)])
  t.equal(isNotModified(both, stored, START), false)
  t.equal(isNotModified(readRequestFields([]), stored, START), false)
  t.end()
})

t.test('If-Range compares strongly (13.1.5)', (t) => {
  const holds = (value: string | undefined, validators = stored) => ifRangeHolds(value, validators, START)
  t.equal(holds(undefined), true)
  t.equal(holds('"v1"'), true)
  t.equal(holds('"v0"'), false)
  t.equal(holds('W/"v1"'), false)
  t.equal(holds('W/"v1"', { ...stored, etag: 'W/"v1"' }), false)
  t.equal(holds('"v1"', { ...stored, etag: undefined }), false)
  t.equal(holds(at(START - DAY)), true)
  t.equal(holds(at(START)), false)
  t.equal(holds(at(START - DAY), { ...stored, lastModified: NaN }), false)
  t.equal(holds(at(START), { ...stored, lastModified: START }), false, 'as old as Date: weak (8.8.2.2)')
  t.equal(holds('nonsense'), false)
  t.end()
})
