/** The handler of the examples that sends files. */
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

t.test('files are sent whole and in ranges, and nothing else is', async (t) => {
  const handler = { ...example('handler-transmit-file', { folder: 'files' }), path: '/get/*' }
  const server = await startServer(oneSite([{ path: '/', handlers: [handler] }]), {
    'files/a b.txt': '0123456789',
    'files/.secret': 'no',
  })
  t.teardown(() => server.stop())
  const whole = await fetch(`${server.url}/get/a%20b.txt`)
  t.equal(whole.headers.get('content-disposition'), "attachment; filename*=UTF-8''a%20b.txt")
  t.match(whole.headers.get('content-type'), /^text\/plain/)
  t.equal(await whole.text(), '0123456789')
  const part = await fetch(`${server.url}/get/a%20b.txt`, { headers: { Range: 'bytes=2-4' } })
  t.match([part.status, part.headers.get('content-range'), await part.text()], [206, 'bytes 2-4/10', '234'])
  for (const path of ['none', '.secret', ''])
    t.equal((await fetch(`${server.url}/get/${path}`)).status, 404, path)
  t.not((await fetch(`${server.url}/get/..%2f..%2f..%2fetc%2fpasswd`)).status, 200)
  t.equal((await fetch(`${server.url}/get/a%20b.txt`, { method: 'POST' })).status, 405)
})
