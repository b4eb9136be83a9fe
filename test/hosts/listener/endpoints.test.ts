/** Bindings share sockets where they must, and a socket that cannot be had is explained. */
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { build } from '../../../core/config/build.js'
import { explainListenError, planEndpoints, probe } from '../../../hosts/listener/endpoints.js'

const plan = (
  ...sites: (readonly string[] | { serverAutoStart: false; bindings: readonly string[] })[]
): string[] => {
  const raw = sites.map((site, at) => {
    const { bindings, ...more } = 'bindings' in site ? site : { bindings: site }
    return {
      name: `s${at}`,
      ...more,
      bindings: bindings.map((bindingInformation) => ({ protocol: 'http', bindingInformation })),
      applications: [{ path: '/' }],
    }
  })
  return planEndpoints(build({ sites: raw }, '/srv/applicationHost.json')).map(
    ({ address, port, bindings }) =>
      `${address}:${port} <- ${bindings.map(({ bindingInformation }) => bindingInformation).join(' ')}`,
  )
}

t.test('bindings of one address and port share a socket, whatever their hosts and sites', async (test) => {
  test.same(plan(['*:80:a', '*:80:b'], ['*:80:']), ['*:80 <- *:80:a *:80:b *:80:'])
  test.same(plan(['127.0.0.1:80:a'], ['127.0.0.1:80:b']), ['127.0.0.1:80 <- 127.0.0.1:80:a 127.0.0.1:80:b'])
})

t.test('other addresses and other ports have sockets of their own', async (test) => {
  test.same(plan(['127.0.0.1:80:', '127.0.0.2:80:', '127.0.0.1:81:']), [
    '127.0.0.1:80 <- 127.0.0.1:80:',
    '127.0.0.2:80 <- 127.0.0.2:80:',
    '127.0.0.1:81 <- 127.0.0.1:81:',
  ])
})

t.test(
  'a binding of all addresses takes single ones on its port with it, whichever comes first',
  async (test) => {
    test.same(plan(['127.0.0.1:80:'], ['*:80:a'], ['127.0.0.1:81:']), [
      '*:80 <- 127.0.0.1:80: *:80:a',
      '127.0.0.1:81 <- 127.0.0.1:81:',
    ])
    test.same(plan(['*:80:a'], ['127.0.0.1:80:']), ['*:80 <- *:80:a 127.0.0.1:80:'])
  },
)

t.test('port 0 is a free port for each binding, at its own address', async (test) => {
  test.same(plan(['*:0:', '127.0.0.1:0:', '127.0.0.1:0:a']), [
    '*:0 <- *:0:',
    '127.0.0.1:0 <- 127.0.0.1:0:',
    '127.0.0.1:0 <- 127.0.0.1:0:a',
  ])
})

t.test('a site that is not started needs no socket', async (test) => {
  test.same(plan({ serverAutoStart: false, bindings: ['*:80:'] }, ['127.0.0.1:80:']), [
    '127.0.0.1:80 <- 127.0.0.1:80:',
  ])
})

const listen = (host: string, port = 0) =>
  new Promise<number>((resolve) => {
    const server = createServer()
    t.teardown(() => server.close())
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })

t.test('a port in use is told, with what would help', async (test) => {
  const port = await listen('127.0.0.1')
  const endpoint = { address: '127.0.0.1', port }
  const error = await probe(endpoint)
  test.equal(error?.code, 'EADDRINUSE')
  const text = explainListenError(endpoint, error as NodeJS.ErrnoException)
  test.equal(
    text,
    `port ${port} on 127.0.0.1 is in use by another program; stop that program or choose another port`,
  )
})

t.test('an address that the machine does not have is told', async (test) => {
  const endpoint = { address: '192.0.2.1', port: 0 }
  const error = await probe(endpoint)
  test.equal(error?.code, 'EADDRNOTAVAIL')
  test.match(
    explainListenError(endpoint, error as NodeJS.ErrnoException),
    /^192\.0\.2\.1 is no address of this/,
  )
})

t.test('a port that can be had is free again after the probe', async (test) => {
  for (let round = 0; round < 2; round++) {
    test.equal(await probe({ address: '127.0.0.1', port: 0 }), null)
    test.equal(await probe({ address: '*', port: 0 }), null)
  }
})

t.test('every error is explained', async (test) => {
  const explain = (code: string, address = '*'): string =>
    explainListenError({ address, port: 80 }, Object.assign(new Error('what node says'), { code }))
  test.match(
    explain('EACCES'),
    /^port 80 on all addresses is not permitted to this user; use a port from 1024 up/,
  )
  test.match(explain('EMFILE'), /^port 80 on all addresses cannot be opened: what node says$/)
  test.match(explain('EADDRINUSE', '::1'), /^port 80 on ::1 is in use/)
})
