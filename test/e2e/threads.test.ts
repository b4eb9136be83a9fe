/** A worker of several threads: each takes requests, and the end of one is the end of the worker. */
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const APP = `
import { threadId } from 'node:worker_threads'
export default (request, response) => {
  if (request.url === '/exit') process.exit(1)
  response.end('<' + threadId + '>')
}`

t.test('connections are spread over the threads of one worker', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', applicationPool: 'P', module: './app.mjs' }], {
      applicationPools: [{ name: 'P', processModel: { threads: 3 } }],
    }),
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  const ask = async (): Promise<string> => {
    const client = await rawClient(server.port)
    client.send(get('/'))
    const answer = await client.until(/<\d+>$/)
    client.socket.destroy()
    return /<(\d+)>$/.exec(answer)?.[1] ?? ''
  }
  const seen = new Set<string>()
  for (let i = 0; i < 6; i++) seen.add(await ask())
  t.equal(seen.size, 3)
  t.equal(server.output().match(/is ready/g)?.length, 1, 'one worker')

  const victim = await rawClient(server.port)
  victim.send(get('/exit'))
  t.equal((await victim.ended()).how, 'reset')
  await server.printed(/5009/)
  t.notOk(seen.has(await ask()), 'a new worker answers')
})
