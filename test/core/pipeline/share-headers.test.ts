import t from 'tap'
import { shareHeaders } from '../../../core/pipeline/share-headers.js'
import { Drive, makeConnection } from './drive.js'

t.test('a request with the headers of the last one on its connection has its very list', (t) => {
  const drive = new Drive({ log: { run: () => 'CONTINUE' } })
  const connection = makeConnection()
  const ask = (headers: string[], on = connection) => {
    const ctx = drive.start({ connection: on, headers })
    shareHeaders(ctx)
    return ctx
  }
  const first = ask(['Host', 'a', 'X', '1'])
  t.equal(first.repeatsHeaders, false)
  const second = ask(['Host', 'a', 'X', '1'])
  t.equal(second.rawHeaders, first.rawHeaders)
  t.equal(second.repeatsHeaders, true)
  for (const others of [
    ['Host', 'a', 'X', '2'],
    ['Host', 'a'],
    ['Host', 'a', 'x', '1'],
  ]) {
    const ctx = ask(others)
    t.equal(ctx.rawHeaders, others)
    t.equal(ctx.repeatsHeaders, false)
  }
  t.equal(ask(['Host', 'a', 'x', '1'], makeConnection()).repeatsHeaders, false)
  t.end()
})
