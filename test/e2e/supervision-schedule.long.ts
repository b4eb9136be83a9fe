/** Recycling at a time of day: the built server's clock is put forward, its minutes are real. */
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { startServer } from '../harness/server.js'

const text = async (url: string): Promise<string> => (await fetch(url)).text()

t.test('at a time of day all workers are replaced, without losing a request', async (t) => {
  // The server's clock is put so that a minute begins a few seconds from now.
  const offset = 50_000 - (Date.now() % 60_000)
  const putForward = `data:text/javascript,const{now}=Date;Date.now=()=>now()+${offset}`
  const timeOfDay = (ahead: number): string => {
    const due = new Date(Date.now() + offset + ahead)
    return `${due.getHours()}:${String(due.getMinutes()).padStart(2, '0')}`
  }
  // The second one is for a machine that needs longer than that for the start.
  const schedule = [timeOfDay(11_000), timeOfDay(71_000)]
  const server = await startServer(
    {
      applicationPools: [{ name: 'P', recycling: { periodicRestart: { schedule, jitter: '500ms' } } }],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', applicationPool: 'P', module: './app.mjs' }],
        },
      ],
    },
    { 'app.mjs': `export default (_request, response) => response.end('well')` },
    ['--import', putForward],
  )
  t.teardown(() => server.stop())
  const answers = new Set<string>()
  let over = false
  const client = async (): Promise<void> => {
    while (!over) {
      answers.add(await text(server.url).catch(String))
      await wait(10)
    }
  }
  const clients = Promise.all([client(), client()])
  await server.printed(/5076.*Worker 1 .*scheduled time has come/)
  await server.printed(/Worker 1 .*has ended: worker 2 replaces it/)
  over = true
  await clients
  t.same([...answers], ['well'])
})
