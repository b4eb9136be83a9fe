/** A program registers https URLs, through `webgarden/listener` and real sockets. */
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import t from 'tap'
import { createListener } from 'webgarden/listener'
import { makeCertificate } from '../../harness/certificates.js'
import { askHttps } from '../../harness/https-client.js'
import { get, rawClient } from '../../harness/raw-client.js'

const one = makeCertificate({ names: ['one.test'] })
const two = makeCertificate({ names: ['two.test'] })

t.test('https prefixes share a port, have certificates by name, HTTP/2, and new files', async (t) => {
  const folder = t.testdir({ 'one.pem': one.cert, 'one.key': one.key, 'two.pem': two.cert + two.key })
  const changed: string[] = []
  const listener = await createListener({
    address: '127.0.0.1',
    directory: folder,
    https: { certificates: [{ certFile: 'one.pem', keyFile: 'one.key' }, { certFile: 'two.pem' }] },
    onEvent: ({ text }) => changed.push(text),
  })
  t.teardown(() => listener.close())
  const queue = listener.createQueue('q')
  const port = await queue.addUrl('https://+:0/a/')
  await queue.addUrl(`https://two.test:${port}/b/`)
  const plain = await queue.addUrl('http://+:0/a/')
  queue.receive((request, response) => {
    const { encrypted = false } = request.socket as { encrypted?: boolean }
    response.end(`${request.httpVersion} ${String(encrypted)} ${request.url ?? ''}`)
  })
  t.match(await askHttps({ port, host: 'one.test', path: '/a/1' }), {
    status: 200,
    text: '1.1 true /a/1',
    shown: 'one.test',
  })
  t.match(await askHttps({ port, host: 'two.test', path: '/b/' }), {
    text: '1.1 true /b/',
    shown: 'two.test',
  })
  t.match(await askHttps({ port, host: 'one.test', path: '/b/' }), { status: 404 })
  t.match(await askHttps({ port, host: 'other.test', path: '/a/' }), { status: 200, shown: 'one.test' })

  const session = connect(`https://127.0.0.1:${port}`, { servername: 'one.test', rejectUnauthorized: false })
  const stream = session.request({ ':path': '/a/2', ':authority': 'one.test' })
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(stream, 'end')
  t.equal(text, '2.0 true /a/2')
  session.close()

  const clear = await rawClient(plain)
  clear.send(get('/a/3', { Connection: 'close' }))
  t.match((await clear.ended()).text, /1\.1 false \/a\/3$/)
  const mistaken = await rawClient(port)
  mistaken.send(get('/a/'))
  t.match((await mistaken.ended()).text, /^HTTP\/1\.1 400 [^]*HTTPS Required/)

  await t.rejects(queue.addUrl(`http://+:${port}/x/`), /port \d+ speaks https already/)
  const next = makeCertificate({ names: ['two.test'], commonName: 'new.two.test' })
  writeFileSync(join(folder, 'new.pem'), next.cert + next.key)
  renameSync(join(folder, 'new.pem'), join(folder, 'two.pem'))
  while (!changed.some((line) => line.includes('have changed on disk')))
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.match(await askHttps({ port, host: 'two.test', path: '/b/' }), { shown: 'new.two.test' })
})

t.test('without certificates there is no https, and bad ones are told at once', async (t) => {
  const directory = t.testdir({ 'one.pem': one.cert, 'two.key': two.key })
  const listener = await createListener({ address: '127.0.0.1', directory })
  t.teardown(() => listener.close())
  await t.rejects(listener.createQueue('q').addUrl('https://+:0/'), /https needs certificates/)
  await t.rejects(
    createListener({ directory, https: { certificates: [{ certFile: 'one.pem', keyFile: 'two.key' }] } }),
    { name: 'ConfigurationError', message: /certificates\/0\/keyFile: .*is not the key of the certificate/ },
  )
  await t.rejects(createListener({ directory, https: {} }), /needs "certificates"/)
})
