/** Recycling on changed files: what is watched, what is passed over, when a change is complete. */
import t from 'tap'
import { ignoredBelow, watchedPaths } from '../../../core/was/file-change.js'
import { Hosted } from './hosted.js'

const settings = { enabled: true, paths: [], delay: 500 }

t.test('the folders of modules are watched, and folders of applications that were named', async (test) => {
  const applications = [
    { module: '/srv/shop/app.js', physicalPath: '/srv' },
    { module: '/srv/shop/other.js', physicalPath: '/srv/data' },
    { module: 'a-package', physicalPath: '/srv' },
    { physicalPath: '/srv/public' },
  ]
  test.same(watchedPaths(settings, applications, '/srv'), ['/srv/shop', '/srv/data'])
  test.same(watchedPaths({ ...settings, paths: ['/x'] }, applications, '/srv'), ['/x'])
})

t.test("packages, hidden files, logs and the server's own are passed over, the root never", async (test) => {
  const ignored = ignoredBelow(['/home/.me/app'], ['/home/.me/app/logs', '/home/.me/app'])
  const verdicts = {
    '': false,
    '/app.js': false,
    '/sub/logs/x': false,
    '/node_modules': true,
    '/sub/node_modules/x/index.js': true,
    '/.git/HEAD': true,
    '/logs': true,
    '/logs/u_ex.log': true,
    '/sub/trace.log': true,
  }
  for (const [path, expected] of Object.entries(verdicts))
    test.equal(ignored(`/home/.me/app${path}`), expected, path)
})

const watching = (recycling: object = { onFileChange: { enabled: true, paths: ['/srv'] } }) => {
  const hosted = new Hosted([{ name: 'a', recycling, processModel: { pingingEnabled: false } }])
  hosted.ask('a')
  return { hosted, pool: hosted.pool('a') }
}

t.test('nothing is watched unless it is asked for, and it is told if there is nothing', async (test) => {
  test.equal(watching({}).hosted.watch, null)
  const packages = watching({ onFileChange: { enabled: true } }).hosted
  test.equal(packages.watch, null)
  test.match(packages.events[0], { level: 'warning', text: /no files of its own to watch/ })
})

t.test('workers are replaced once, when nothing has changed for the delay', async (test) => {
  const { hosted, pool } = watching()
  hosted.worker.ready()
  test.same(hosted.watch?.paths, ['/srv'])
  hosted.watch?.changed('/srv/a.js')
  hosted.clock.advance(400)
  hosted.watch?.changed('/srv/b.js')
  hosted.clock.advance(499)
  test.same(hosted.ids, [])
  hosted.clock.advance(1)
  test.same(hosted.ids, [5080])
  test.match(pool.history.entries.at(-2), {
    what: 'recycling',
    evidence: { reason: 'FileChange', path: '/srv/b.js' },
  })
  test.equal(hosted.started.length, 2)
})

t.test('a change that comes while a worker starts is not lost', async (test) => {
  const { hosted } = watching()
  hosted.watch?.changed('/srv/a.js')
  hosted.clock.advance(2000)
  test.same(hosted.ids, [])
  hosted.worker.ready()
  hosted.clock.advance(500)
  test.same(hosted.ids, [5080])
})

t.test('a stopped pool watches nothing; what cannot be watched is told', async (test) => {
  const { hosted, pool } = watching()
  hosted.watch?.failed(new Error('too many files'))
  test.match(hosted.events.at(-1), { level: 'warning', text: /cannot all be watched.*too many files/ })
  const stopped = pool.stop()
  hosted.worker.end({ kind: 'stopped' })
  await stopped
  test.equal(hosted.watch, null)
})
