/** What will happen next to a pool, in each of its states; and the small decisions about versions and tokens. */
import t from 'tap'
import { requireMatch, versionOf } from '../../../hosts/admin/entity-tag.js'
import { outlookOf } from '../../../hosts/admin/outlook.js'
import { withoutSecrets } from '../../../hosts/admin/redact.js'
import { isLoopbackHost, showsToken } from '../../../hosts/admin/token.js'
import { Hosted } from '../../core/was/hosted.js'

t.test('what is next depends on the state, the limits and the failures', async (t) => {
  const periodicRestart = { time: '1h', requests: 100, privateMemory: 102_400 }
  const hosted = new Hosted([
    { name: 'ab', recycling: { periodicRestart }, processModel: { pingingEnabled: false } },
  ])
  const pool = hosted.pool('ab')
  const next = (): string => outlookOf(pool, hosted.clock.now()).join('\n')
  t.match(next(), /^The next request starts a worker\.$/)
  hosted.ask('ab')
  t.match(next(), /Worker 1 has up to .* to become ready/)
  hosted.worker.ready()
  hosted.clock.advance(10 * 60_000)
  t.equal(
    next(),
    'Worker 1 is recycled at the latest in 50 min (periodicRestart.time), or after 99 more requests ' +
      '(periodicRestart.requests), or beyond 100 MB of memory, of which it uses 0 MB.',
  )
  hosted.worker.end({ kind: 'crashed' })
  t.match(next(), /starts a worker\.\n1 of 5 failures within 5 min/)
  hosted.ask('ab')
  hosted.worker.ready()
  void pool.stop()
  t.match(next(), /Its workers have up to .*shutdownTimeLimit/)
  hosted.worker.end({ kind: 'stopped' })
  await new Promise(setImmediate)
  t.equal(next(), 'Its clients get 503 until it is started: webgarden start apppool ab')
})

t.test('nothing is due where nothing has a limit', async (t) => {
  const hosted = new Hosted([{ name: 'a', recycling: { periodicRestart: { time: '0s' } } }])
  hosted.ask('a')
  hosted.worker.ready()
  t.match(outlookOf(hosted.pool('a'), hosted.clock.now()), [/Nothing is due/])
})

t.test('versions are those of the facts, and a condition names one of them', async (t) => {
  t.equal(versionOf({ a: 1 }), versionOf({ a: 1 }))
  t.not(versionOf({ a: 1 }), versionOf({ a: 2 }))
  requireMatch(undefined, 'x', 'it')
  requireMatch('*', 'x', 'it')
  requireMatch('"y" , "x"', 'x', 'it')
  t.throws(
    () => {
      requireMatch('"y"', 'x', 'it')
    },
    { message: /has changed since/ },
  )
})

t.test('tokens, names of this machine, secrets', async (t) => {
  t.ok(showsToken('Bearer abc', 'abc'))
  t.ok(showsToken('bearer  abc ', 'abc'))
  for (const header of [undefined, '', 'abc', 'Bearer abcd', 'Bearer', 'Basic abc']) {
    t.notOk(showsToken(header, 'abc'), String(header))
  }
  for (const host of ['127.0.0.1', '127.0.0.1:8172', 'localhost:1', '[::1]:1'])
    t.ok(isLoopbackHost(host), host)
  for (const host of ['', 'evil.example', '127.0.0.1.evil.example']) t.notOk(isLoopbackHost(host), host)
  t.same(withoutSecrets({ a: [{ Token: 'x', password: '' }], tokenFile: 'f' }), {
    a: [{ Token: '***', password: '' }],
    tokenFile: 'f',
  })
})
