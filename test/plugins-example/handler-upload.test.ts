/** The handler of the examples that takes uploads to disk. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

const LIMIT = 3_000_000

t.test('a file arrives whole, one that is too large or half leaves nothing', async (t) => {
  const handler = {
    ...example('handler-upload', { folder: 'in', limit: LIMIT }),
    path: '/upload/*',
    verb: 'PUT',
  }
  const server = await startServer(oneSite([{ path: '/', handlers: [handler] }]))
  t.teardown(() => server.stop())
  const put = (name: string, body: RequestInit['body']): Promise<Response> =>
    fetch(`${server.url}/upload/${name}`, { method: 'PUT', body, duplex: 'half' } as RequestInit)

  const taken = await put('a.bin', new Uint8Array(LIMIT))
  t.equal(taken.status, 201)
  t.same(await taken.json(), { name: 'a.bin', bytes: LIMIT })
  t.equal((await stat(join(server.folder, 'in/a.bin'))).size, LIMIT)

  const large = await rawClient(server.port)
  large.send(`PUT /upload/b.bin HTTP/1.1\r\nHost: x\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`)
  await large.until(/^HTTP\/1\.1 413 [\s\S]*At most/)
  large.socket.destroy()

  const chunked = await rawClient(server.port)
  chunked.send('PUT /upload/c.bin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (let i = 0; i < 4; i++) chunked.send(`F4240\r\n${'x'.repeat(1_000_000)}\r\n`)
  await chunked.until(/^HTTP\/1\.1 413 /)
  chunked.socket.destroy()

  const half = await rawClient(server.port)
  half.send('PUT /upload/d.bin HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
  while ((await readdir(join(server.folder, 'in'))).length < 2) await new Promise(setImmediate)
  half.socket.destroy()
  while ((await readdir(join(server.folder, 'in'))).length > 1) await new Promise(setImmediate)
  t.same(await readdir(join(server.folder, 'in')), ['a.bin'])
  t.equal((await put('..%2fx', 'x')).status, 404)
})
