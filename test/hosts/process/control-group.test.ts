/** A control group for a worker: only where systemd has given the server some to write; laid out here as in cgroups(7). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ControlGroup } from '../../../hosts/process/control-group.js'

const tree = (t: Test, own: string, controllers: string) => {
  const folder = t.testdir({
    self: `0::${own}\n`,
    'system.slice': {
      'cgroup.subtree_control': 'cpu memory\n',
      'web.service': { 'cgroup.subtree_control': `${controllers}\n`, server: {} },
    },
  })
  return { root: folder, self: join(folder, 'self') }
}

const OWN = '/system.slice/web.service/server'

t.test('a delegated unit: the worker is put into a group beside the server, with its share', async (t) => {
  const places = tree(t, OWN, 'cpu memory')
  let held = 0
  const group = ControlGroup.of(4711, 0.25, () => held++, places)
  t.ok(group)
  const folder = join(places.root, 'system.slice/web.service/worker-4711')
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  t.equal(read('cpu.max'), '25000 100000')
  t.equal(read('cgroup.procs'), '4711')
  writeFileSync(join(folder, 'cpu.stat'), 'usage_usec 5\nnr_periods 9\nnr_throttled 3\nthrottled_usec 1\n')
  group?.start()
  while (held === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  group?.end()
  t.equal(read('cpu.max'), 'max 100000', 'an orphan that lives on is held no more')
})

t.test('elsewhere nothing is touched, and signals have to do', async (t) => {
  for (const [own, controllers] of [
    ['/system.slice/web.service', 'cpu'],
    [OWN, 'memory'],
    ['/', 'cpu'],
  ] as const) {
    const places = tree(t, own, controllers)
    t.equal(
      ControlGroup.of(4711, 0.25, () => undefined, places),
      undefined,
      `${own} ${controllers}`,
    )
    t.notOk(existsSync(join(places.root, 'system.slice/worker-4711')))
    t.notOk(existsSync(join(places.root, 'system.slice/web.service/worker-4711')))
  }
  t.equal(
    ControlGroup.of(1, 1, () => undefined, { root: '/nowhere', self: '/nowhere/self' }),
    undefined,
  )
})
