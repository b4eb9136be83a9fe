/** Load balancing in a web garden: by work, by a function of one's own, and what its faults cost. */
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, writeFolder } from '../harness/server.js'
import { rm } from 'node:fs/promises'

const APP = `
import { worker } from 'webgarden/worker'
const held = []
export default (request, response) => {
  if (request.url === '/hold') return held.push(response)
  if (request.url === '/release') for (const one of held.splice(0)) one.end('held by ' + worker.id)
  response.end('worker ' + worker.id)
}`

const BALANCER = `
import { defineBalancer } from 'webgarden'
export default defineBalancer({
  name: 'sticky',
  options: { type: 'object', additionalProperties: false, properties: { header: { type: 'string', default: 'x-shard' } } },
  setup: (_scope, options) => (receivers, ctx) => {
    const shard = ctx.header(options.header)
    if (shard === 'boom') throw new Error('no such shard')
    return shard === undefined ? undefined : receivers[Number(shard) % receivers.length]
  },
})`

const garden = (loadBalancing: string): object => ({
  applicationPools: [
    { name: 'P', loadBalancing, startMode: 'AlwaysRunning', processModel: { maxProcesses: 2 } },
  ],
  ...oneSite([{ path: '/', module: './app.mjs', applicationPool: 'P' }]),
})

/** One request on a connection of its own. */
const ask = async (port: number, path: string, headers: Record<string, string> = {}): Promise<string> => {
  const client = await rawClient(port)
  client.send(get(path, { ...headers, Connection: 'close' }))
  const { text } = await client.ended()
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

t.test('leastBusy: the worker with the fewest requests under way gets the next', async (t) => {
  const server = await startServer(garden('leastBusy'), { 'app.mjs': APP })
  t.teardown(() => server.stop())
  const first = await rawClient(server.port)
  first.send(get('/hold'))
  // The second connection is what makes the garden grow.
  const answers = new Set<string>()
  while (answers.size < 1 || !server.output().includes('Worker 2 of pool "P" is ready')) {
    answers.add(await ask(server.port, '/'))
  }
  for (let i = 0; i < 5; i++) t.equal(await ask(server.port, '/'), 'worker 2', 'the one that holds nothing')
  first.socket.destroy()
})

t.test('a module of one’s own decides; one that fails is put out of use with an event', async (t) => {
  const server = await startServer(
    { modules: [{ name: 'sticky', module: './balancer.mjs' }], ...garden('sticky') },
    { 'app.mjs': APP, 'balancer.mjs': BALANCER },
  )
  t.teardown(() => server.stop())
  while (!server.output().includes('Worker 2 of pool "P" is ready')) await ask(server.port, '/')
  for (const shard of ['0', '1', '1', '0', '0']) {
    t.equal(await ask(server.port, '/', { 'X-Shard': shard }), `worker ${Number(shard) + 1}`)
  }
  t.match(await ask(server.port, '/', { 'X-Shard': 'boom' }), /^worker \d$/, 'the request is answered')
  await server.printed(/load balancing "sticky" of pool "P" failed; its workers take turns/)
})

t.test('a name that nobody has is a mistake with its place', async (t) => {
  const folder = await writeFolder(garden('stickey'), { 'app.mjs': APP })
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { code, stderr } = await webgarden(folder, 'check')
  t.equal(code, 2)
  t.match(
    stderr,
    /applicationPools\/0\/loadBalancing: there is no load balancing "stickey"; known are "roundRobin", "leastBusy"/,
  )
})
