/** The example that is no web site: counters are pushed and read. */
import t from 'tap'
import { startMetricsReceiver } from '../../plugins-example/metrics-receiver/metrics-receiver.js'

t.test('counters are summed up and shown', async (t) => {
  const receiver = await startMetricsReceiver(0, t.testdir())
  t.teardown(() => receiver.close())
  const url = `http://127.0.0.1:${receiver.port}`
  const push = async (name: string, value: string): Promise<number> =>
    (await fetch(`${url}/push/${name}`, { method: 'POST', body: value })).status
  t.equal(await push('jobs', '2'), 204)
  t.equal(await push('jobs', '3'), 204)
  t.equal(await push('jobs', 'many'), 400)
  t.equal(await (await fetch(`${url}/metrics/`)).text(), 'jobs 5\n')
  t.equal((await fetch(`${url}/elsewhere`)).status, 404)
})
