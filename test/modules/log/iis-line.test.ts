// Before the first Date: lines of the IIS format have local times.
process.env.TZ = 'America/New_York'
import { hostname } from 'node:os'
import t from 'tap'
import { IISLine } from '../../../modules/log/iis-line.js'
import { lines, makeRequest, written } from './fixtures.js'

const SITE = { id: 2, name: 'Sales' }
const WIDE = 65_536

t.test('a line is the documented one: fifteen fields, a comma and a blank behind each, local time', (t) => {
  const ctx = makeRequest({
    at: Date.UTC(2001, 2, 20, 12, 55, 20),
    target: '/DeptLogo.gif',
    remoteAddress: '::ffff:192.168.114.201',
    headers: ['Host', 'x'],
  })
  ctx.bytesSent = 3223
  t.equal(
    lines(new IISLine(SITE, WIDE, 'utf8'), ctx),
    `192.168.114.201, -, 3/20/2001, 7:55:20, W3SVC2, ${hostname()}, 10.0.0.1, 15, ${ctx.bytesReceived}, 3223, 200, 0, GET, /DeptLogo.gif, -,\r\n`,
  )
  t.end()
})

t.test('blanks and commas inside a value become +', (t) => {
  const ctx = makeRequest({ target: '/a?b=1,2', path: '/a b,c' })
  ctx.user = 'DOM\\Doe, Jane'
  t.match(
    lines(new IISLine(SITE, WIDE, 'utf8'), ctx),
    /^192\.168\.1\.5, DOM\\Doe\+\+Jane, .* \/a\+b\+c, b=1\+2,\r\n$/,
  )
  t.end()
})

t.test('a request that was refused before its path was decoded is logged by its target', (t) => {
  const ctx = makeRequest({ target: '/%zz?c', path: '' })
  t.match(lines(new IISLine(SITE, WIDE, 'utf8'), ctx), / GET, \/%zz, c,\r\n$/)
  t.end()
})

t.test('a line is in the encoding of the log, and cut to its longest', (t) => {
  const ctx = makeRequest({ path: '/ü日' })
  t.match(written(new IISLine(SITE, WIDE, 'latin1'), ctx).toString('latin1'), / \/ü\?, -,\r\n$/)
  t.equal(lines(new IISLine(SITE, 12, 'utf8'), ctx), '192.168.1.5,\r\n')
  t.end()
})
