import { hostname } from 'node:os'
import t from 'tap'
import type { LogFileConfig } from '../../../core/index.js'
import type { FieldLine } from '../../../modules/log/field-line.js'
import { w3cLine } from '../../../modules/log/w3c-line.js'
import { DEFAULT_FIELDS, lines, logFile, makeRequest, makeSite, written } from './fixtures.js'

const lineOf = (changes: Partial<LogFileConfig>, encoding: 'utf8' | 'latin1' = 'utf8'): FieldLine =>
  w3cLine(makeSite({}, 7), logFile(changes), encoding)

t.test('the default fields are those of IIS 8, and a line is the documented one', (t) => {
  const line = lineOf({})
  t.equal(line.fields, DEFAULT_FIELDS)
  t.equal(
    lines(line, makeRequest()),
    '2010-12-31 00:00:12 10.0.0.1 GET /default.htm - 80 - 192.168.1.5 Mozilla/5.0+(Windows;+U) - 200 0 0 15\r\n',
  )
  t.end()
})

t.test('all fields stand in the fixed order, whatever the order of the flags', (t) => {
  const all: LogFileConfig['logExtFileFlags'] = [
    'TimeTaken',
    'BytesRecv',
    'BytesSent',
    'Win32Status',
    'HttpSubStatus',
    'HttpStatus',
    'Host',
    'Referer',
    'Cookie',
    'UserAgent',
    'ProtocolVersion',
    'ClientIP',
    'UserName',
    'ServerPort',
    'UriQuery',
    'UriStem',
    'Method',
    'ServerIP',
    'ComputerName',
    'SiteName',
    'Time',
    'Date',
  ]
  const line = lineOf({ logExtFileFlags: all })
  t.equal(
    line.fields,
    'date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken',
  )
  const ctx = makeRequest({
    method: 'POST',
    target: '/a?x=1+2&y=%20',
    path: '/a b',
    headers: ['host', 'h.example:8', 'COOKIE', 'a=b; c=d', 'Referer', 'http://r/', 'user-agent', 'curl/8'],
    remoteAddress: '::ffff:192.168.1.5',
  })
  ctx.user = 'DOM\\Jane Doe'
  ctx.response.status = 404
  ctx.response.subStatus = 11
  ctx.win32Status = 64
  ctx.bytesSent = 1245
  ctx.bodyBytes = 3
  t.equal(
    lines(line, ctx),
    `2010-12-31 00:00:12 W3SVC7 ${hostname()} 10.0.0.1 POST /a+b x=1+2&y=%20 80 DOM\\Jane+Doe 192.168.1.5 HTTP/1.1 curl/8 a=b;+c=d http://r/ h.example:8 404 11 64 1245 ${ctx.bytesReceived} 15\r\n`,
  )
  t.end()
})

t.test('date and time can be selected alone, and a line need not have either', (t) => {
  t.equal(lines(lineOf({ logExtFileFlags: ['Date'] }), makeRequest()), '2010-12-31\r\n')
  t.equal(lines(lineOf({ logExtFileFlags: ['Time', 'Method'] }), makeRequest()), '00:00:12 GET\r\n')
  t.equal(lines(lineOf({ logExtFileFlags: ['Method', 'HttpStatus'] }), makeRequest()), 'GET 200\r\n')
  t.end()
})

t.test('the site is shown by its name where logSiteId is off', (t) => {
  t.equal(lines(lineOf({ logExtFileFlags: ['SiteName'], logSiteId: false }), makeRequest()), 'Site+7\r\n')
  t.end()
})

t.test('a request that was refused before its path was decoded is logged by its target', (t) => {
  const line = lineOf({ logExtFileFlags: ['UriStem', 'UriQuery'] })
  t.equal(lines(line, makeRequest({ target: '/a%20b?c=d', path: '' })), '/a%20b c=d\r\n')
  t.end()
})

t.test('a clock that was set back gives no negative time taken', (t) => {
  const ctx = makeRequest()
  ctx.completedAt = ctx.receivedAt - 5000
  t.equal(lines(lineOf({ logExtFileFlags: ['TimeTaken'] }), ctx), '0\r\n')
  t.end()
})

t.test('custom fields follow in their order, from both heads and the server variables', (t) => {
  const line = lineOf({
    logExtFileFlags: ['Method'],
    customFields: {
      maxCustomFieldLength: 10,
      fields: [
        { logFieldName: 'trace', sourceName: 'X-Trace', sourceType: 'RequestHeader' },
        { logFieldName: 'type', sourceName: 'content-type', sourceType: 'ResponseHeader' },
        { logFieldName: 'port', sourceName: 'REMOTE_PORT', sourceType: 'ServerVariable' },
        { logFieldName: 'lang', sourceName: 'HTTP_ACCEPT_LANGUAGE', sourceType: 'ServerVariable' },
        { logFieldName: 'none', sourceName: 'NO_SUCH_THING', sourceType: 'ServerVariable' },
      ],
    },
  })
  t.equal(line.fields, 'cs-method trace type port lang none')
  const headers = ['x-trace', 'a long one with blanks', 'Accept-Language', 'de']
  const fields = makeRequest({ headers })
  fields.response.headers = ['Content-Type', 'text/css']
  t.equal(lines(line, fields), 'GET a+long+one text/css 2094 de -\r\n')

  const raw = makeRequest({ headers })
  raw.response.raw = 'HTTP/1.1 200 OK\r\ncontent-type: a/b\r\nx: y\r\n\r\ncontent-type: body'
  t.equal(lines(line, raw), 'GET a+long+one a/b 2094 de -\r\n')
  raw.response.raw = Buffer.from('HTTP/1.1 200 OK\r\nx: y\r\n\r\n\r\ncontent-type: body')
  t.equal(lines(line, raw), 'GET a+long+one - 2094 de -\r\n')
  t.end()
})

t.test('a line is cut to maxLogLineLength bytes, never within a character', (t) => {
  const short = lineOf({ logExtFileFlags: ['Method', 'UriStem'], maxLogLineLength: 8 })
  t.equal(lines(short, makeRequest({ path: '/abcdef' })), 'GET /abc\r\n')
  t.equal(lines(short, makeRequest({ path: '/ab' })), 'GET /ab\r\n')
  t.equal(lines(short, makeRequest({ path: '/abü' })), 'GET /ab\r\n')
  t.end()
})

t.test('what Latin-1 has no letter for is a question mark where logs are not in UTF-8', (t) => {
  const line = lineOf({ logExtFileFlags: ['UriStem'] }, 'latin1')
  t.equal(written(line, makeRequest({ path: '/ü日😀' })).toString('latin1'), '/ü??\r\n')
  t.end()
})

t.test('what is kept for repeated headers never shows in the line of another request', (t) => {
  const headers = ['User-Agent', 'a b', 'Host', 'h']
  const flags: LogFileConfig['logExtFileFlags'] = [
    'Method',
    'UriStem',
    'UriQuery',
    'UserName',
    'ClientIP',
    'UserAgent',
  ]
  const requests = [
    makeRequest({ headers, target: '/a?x=1' }),
    makeRequest({ headers, target: '/a?x=1' }),
    makeRequest({ headers, target: '/a?x=2' }),
    makeRequest({ headers, target: '/b', method: 'HEAD' }),
    makeRequest({ headers, target: '/b', remoteAddress: '10.9.9.9' }),
    makeRequest({ headers: ['User-Agent', 'other'], target: '/b' }),
    makeRequest({ headers, target: '/refused%zz', path: '' }),
    makeRequest({ headers, target: '/refused%yy', path: '' }),
    makeRequest({ headers, target: '/b', remoteAddress: '10.9.9.9' }),
    makeRequest({ headers: ['User-Agent', 'other'], target: '/b' }),
  ]
  const jane = makeRequest({ headers, target: '/b', remoteAddress: '10.9.9.9' })
  jane.user = 'jane'
  requests.push(jane, makeRequest({ headers, target: '/b', remoteAddress: '10.9.9.9' }))
  const plain = lineOf({ logExtFileFlags: flags })
  const expected = requests.map((ctx) => lines(plain, ctx))
  t.match(expected[10], ' jane ')
  const line = lineOf({ logExtFileFlags: flags })
  for (const ctx of requests) ctx.repeatsHeaders = ctx.rawHeaders === headers
  t.same(
    requests.map((ctx) => lines(line, ctx)),
    expected,
  )
  t.end()
})
