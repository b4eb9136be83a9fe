/** The sockets that systemd hands over, as its variables tell them. */
import t from 'tap'
import { HandedOver } from '../../../hosts/listener/handed-over.js'

const given = (names: string | undefined, count = 2, pid = 7) => ({
  LISTEN_PID: String(pid),
  LISTEN_FDS: String(count),
  ...(names === undefined ? {} : { LISTEN_FDNAMES: names }),
  PATH: '/bin',
})

t.test('by name or number, each once', async (t) => {
  const sockets = new HandedOver(given('web:admin'), 7)
  t.equal(sockets.take('admin'), 4)
  t.equal(sockets.take('3'), 3)
  t.throws(() => sockets.take('web'), { code: 'ENOTHANDED', message: 'systemd has handed over web, admin' })
  const alike = new HandedOver(given('web:web'), 7)
  t.same([alike.take('web'), alike.take('web')], [3, 4])
  t.equal(new HandedOver(given(undefined), 7).take('4'), 4)
})

t.test('those of another process are not ours; the variables go', async (t) => {
  const environment = given('web', 1)
  t.throws(() => new HandedOver(environment, 8).take('web'), { message: 'systemd has handed over none' })
  t.same(environment, { PATH: '/bin' })
})
