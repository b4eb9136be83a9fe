import { hostname } from 'node:os'
import t from 'tap'
import type { LogFileConfig } from '../../../core/index.js'
import { logFlags } from '../../../core/config/schema/log-file.js'
import type { FieldLine } from '../../../modules/log/field-line.js'
import { jsonLine } from '../../../modules/log/json-line.js'
import { lines, logFile, makeRequest, makeSite } from './fixtures.js'

const lineOf = (changes: Partial<LogFileConfig> = {}): FieldLine =>
  jsonLine(makeSite({}, 7), logFile(changes))

t.test(
  'a line has the default fields by their W3C names, numbers as numbers and null for what is missing',
  (t) => {
    t.equal(
      lines(lineOf(), makeRequest({ at: Date.UTC(2010, 11, 31, 0, 0, 12, 34) })),
      '{"time":"2010-12-31T00:00:12.034Z","s-ip":"10.0.0.1","cs-method":"GET","cs-uri-stem":"/default.htm",' +
        '"cs-uri-query":null,"s-port":80,"cs-username":null,"c-ip":"192.168.1.5",' +
        '"cs(User-Agent)":"Mozilla/5.0 (Windows; U)","cs(Referer)":null,"sc-status":200,"sc-substatus":0,' +
        '"sc-win32-status":0,"time-taken":15}\n',
    )
    t.end()
  },
)

t.test(
  'values are as they are: blanks, quotation marks, letters of any language, control characters',
  (t) => {
    const ctx = makeRequest({
      path: '/a "b" \\ ü日😀\u0000\u2028',
      target: '/x?q=\u00c3\u00bc',
      headers: ['Host', 'h.example', 'Cookie', 'a=b; c', 'User-Agent', 'caf\u00e9'],
    })
    const record = JSON.parse(lines(lineOf({ logExtFileFlags: logFlags }), ctx)) as Record<string, unknown>
    t.equal(record['cs-uri-stem'], '/a "b" \\ ü日😀\u0000\u2028')
    t.equal(record['cs-uri-query'], 'q=ü', 'bytes that are UTF-8')
    t.equal(record['cs(User-Agent)'], 'café', 'bytes that are not')
    t.equal(record['cs(Cookie)'], 'a=b; c')
    t.equal(record['s-sitename'], 'W3SVC7')
    t.equal(record['s-computername'], hostname())
    t.equal(Object.keys(record).length, logFlags.length - 1, 'date and time are one')
    t.end()
  },
)

t.test('a value that is too long is ..., and a line is never cut, which would break it', (t) => {
  const line = lineOf({ logExtFileFlags: ['UriStem', 'HttpStatus'], maxLogLineLength: 10 })
  t.equal(
    lines(line, makeRequest({ path: `/${'a'.repeat(4096)}` })),
    '{"cs-uri-stem":"...","sc-status":200}\n',
  )
  t.end()
})

t.test('custom fields follow, and an object may be empty', (t) => {
  const customFields = {
    maxCustomFieldLength: 6,
    fields: [
      { logFieldName: 'trace "id"', sourceName: 'X-Trace', sourceType: 'RequestHeader' as const },
      { logFieldName: 'none', sourceName: 'X-None', sourceType: 'RequestHeader' as const },
    ],
  }
  const ctx = makeRequest({ headers: ['X-Trace', '"a b" and more'] })
  t.equal(
    lines(lineOf({ logExtFileFlags: [], customFields }), ctx),
    `{"trace \\"id\\"":"\\"a b\\" ","none":null}\n`,
  )
  t.equal(lines(lineOf({ logExtFileFlags: [] }), ctx), '{}\n')
  t.end()
})

t.test('a client that repeats itself gets the line that another would get', (t) => {
  const headers = ['User-Agent', 'a b', 'Host', 'h']
  const paths = ['/a', '/a', '/b', '/b', '/a', '/ü', '/ü']
  const requests = paths.map((path) => makeRequest({ headers, path }))
  const expected = requests.map((ctx) => lines(lineOf(), ctx)).join('')
  for (const ctx of requests) ctx.repeatsHeaders = true
  t.equal(lines(lineOf(), ...requests), expected)
  t.end()
})
