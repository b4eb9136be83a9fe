// Before the first Date: lines of the NCSA format have local times.
process.env.TZ = 'America/Los_Angeles'
import t from 'tap'
import { NCSALine } from '../../../modules/log/ncsa-line.js'
import { lines, makeRequest } from './fixtures.js'

const line = (): NCSALine => new NCSALine(65_536, 'utf8')

t.test('a line is the documented one, with local time and its offset', (t) => {
  const ctx = makeRequest({
    at: Date.UTC(2004, 3, 8, 1, 39, 4),
    target: '/scripts/iisadmin/ism.dll?http/serv',
    remoteAddress: '172.21.13.45',
  })
  ctx.user = 'Microsoft\\JohnDoe'
  ctx.bytesSent = 3401
  t.equal(
    lines(line(), ctx),
    '172.21.13.45 - Microsoft\\JohnDoe [07/Apr/2004:18:39:04 -0700] "GET /scripts/iisadmin/ism.dll?http/serv HTTP/1.1" 200 3401\r\n',
  )
  t.end()
})

t.test('the offset is that of the season', (t) => {
  const winter = makeRequest({ at: Date.UTC(2010, 11, 31, 8, 0, 12) })
  t.match(
    lines(line(), winter),
    / - - \[31\/Dec\/2010:00:00:12 -0800\] "GET \/default\.htm HTTP\/1\.1" 200 0\r\n/,
  )
  t.end()
})

t.test('neither blanks nor quotation marks break the request out of its quotation marks', (t) => {
  const ctx = makeRequest({ target: '/x?a="b"', path: '/a "b"' })
  t.match(lines(line(), ctx), / "GET \/a\+%22b%22\?a=%22b%22 HTTP\/1\.1" /)
  t.end()
})
