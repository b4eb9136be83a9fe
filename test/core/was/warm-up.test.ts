/** Which pages a new worker asks for, by how it comes to start. */
import t from 'tap'
import { pagesToWarm } from '../../../core/was/warm-up.js'
import { Hosted } from './hosted.js'

const config = (preloadEnabled: boolean, doAppInitAfterRestart: boolean, ...paths: string[]) => ({
  preloadEnabled,
  applicationInitialization: {
    doAppInitAfterRestart,
    remapManagedRequestsTo: '',
    skipManagedModules: false,
    pages: paths.map((initializationPage) => ({ initializationPage, hostName: '' })),
  },
})

const paths = (...given: Parameters<typeof pagesToWarm>): string[] =>
  pagesToWarm(...given).map(({ path }) => path)

t.test('preloadEnabled: the root and the pages, at every start', async (test) => {
  test.same(paths(config(true, false), false), ['/'])
  test.same(paths(config(true, false, '/warm'), false), ['/', '/warm'])
  test.same(paths(config(true, false, '/warm', '/'), true), ['/warm', '/'], 'the root once')
})

t.test(
  'without it: the pages, where another worker serves meanwhile or every start is meant',
  async (test) => {
    test.same(paths(config(false, false, '/warm'), false), [])
    test.same(paths(config(false, false, '/warm'), true), ['/warm'])
    test.same(paths(config(false, true, '/warm'), false), ['/warm'])
    test.same(paths(config(false, false), true), [])
  },
)

t.test('a worker loads what is to be preloaded, though nobody has asked for it', async (test) => {
  const applications = [
    { path: '/', module: 'app.js', applicationPool: 'a' },
    { path: '/early', module: 'early.js', applicationPool: 'a', preloadEnabled: true },
    {
      path: '/late',
      module: 'late.js',
      applicationPool: 'a',
      applicationInitialization: { pages: [{ initializationPage: '/x', hostName: 'h' }] },
    },
  ]
  const site = { name: 'S', bindings: [{ protocol: 'http', bindingInformation: '*:80:a' }], applications }
  const hosted = new Hosted([{ name: 'a' }], { sites: [site] })
  hosted.ask('a')
  const loaded = async (): Promise<unknown> =>
    (await hosted.worker.settings()).applications.map(({ mount, warmUp }) => [mount, warmUp])
  const early = ['/early', [{ path: '/', hostName: '' }]]
  test.same(await loaded(), [['', []], early])
  hosted.worker.ready()
  hosted.ask('a', '/late')
  hosted.pool('a').recycle()
  test.same(await loaded(), [['', []], early, ['/late', [{ path: '/x', hostName: 'h' }]]])
})
