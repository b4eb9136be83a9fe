/** The load-balancing function and the adapter of the examples, in the built server. */
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

t.test('one tenant has one worker, and an adapter hosts a table of answers', async (t) => {
  const server = await startServer(
    {
      modules: [example('load-balancing', {}), example('adapter-answers', {})],
      applicationPools: [
        { name: 'Q' },
        {
          name: 'P',
          loadBalancing: 'load-balancing',
          startMode: 'AlwaysRunning',
          processModel: { maxProcesses: 2 },
        },
      ],
      ...oneSite([
        { path: '/', module: './app.mjs', applicationPool: 'P' },
        { path: '/answers', module: './answers.mjs', type: 'adapter-answers', applicationPool: 'Q' },
      ]),
    },
    {
      'app.mjs': `import { worker } from 'webgarden/worker'
        export default (request, response) => response.end('worker ' + worker.id)`,
      'answers.mjs': `export default { '/one': 'the first answer' }`,
    },
  )
  t.teardown(() => server.stop())
  const ask = async (headers: Record<string, string>): Promise<string> => {
    const client = await rawClient(server.port)
    client.send(get('/', { ...headers, Connection: 'close' }))
    const { text } = await client.ended()
    return text.slice(text.indexOf('\r\n\r\n') + 4)
  }
  while (!server.output().includes('Worker 2 of pool "P" is ready')) await ask({})
  const seen = new Set<string>()
  for (let i = 0; i < 6; i++) seen.add(await ask({ 'X-Tenant': 'blue' }))
  t.equal(seen.size, 1)
  t.equal(await (await fetch(`${server.url}/answers/one`)).text(), 'the first answer')
  t.equal((await fetch(`${server.url}/answers/two`)).status, 404)
})
