/** Applications that cannot be loaded fail alone, and the event log says why and where. */
import { join } from 'node:path'
import t from 'tap'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import { standardAdapters } from '../../../hosts/adapters/standard.js'
import { HostedApplications } from '../../../hosts/runtime/hosted-applications.js'
import { installListenCapture } from '../../../hosts/runtime/listen-capture.js'
import { load, settings } from './load.js'

installListenCapture()

interface Failure {
  readonly what: string
  readonly source: string
  readonly type?: string
  readonly limit?: number
  /** What the administrator reads. */
  readonly text: RegExp
  /** What else he needs. */
  readonly error?: RegExp
}

const failures: readonly Failure[] = [
  {
    what: 'that throws while it loads',
    source: `\n\nthrow new Error('no database')`,
    text: /"Site\/" could not be loaded.*no database/,
    error: /no database[\s\S]*app\.mjs:3/,
  },
  {
    what: 'that throws no Error',
    source: `throw 'just a string'`,
    text: /just a string/,
  },
  {
    what: 'with a syntax error',
    source: `export default {{`,
    text: /could not be loaded/,
    error: /SyntaxError/,
  },
  {
    what: 'that imports what is not there',
    source: `import 'not-a-package-of-this-world'`,
    text: /not-a-package-of-this-world/,
  },
  {
    what: 'that exports something unusable',
    source: `export default { answer: 42 }`,
    text: /app\.mjs exports nothing that can answer requests \(it exports: default\).*Export a Fastify instance/,
  },
  {
    what: 'that exports nothing and never listens',
    source: `export {}`,
    limit: 1_000,
    text: /\(it exports: nothing\), and did not call listen within 0\.9 s \(nine tenths of startupTimeLimit\)\. Export/,
  },
  {
    what: 'that takes too long',
    source: `setInterval(() => 0, 1_000).unref(); await new Promise(() => 0)`,
    limit: 50,
    text: /was not ready within 0\.045 s/,
  },
  {
    what: 'whose factory takes too long',
    source: `export default () => new Promise(() => 0)`,
    limit: 50,
    text: /was not ready within 0\.045 s/,
  },
  {
    what: 'whose factory returns nothing',
    source: `export default () => undefined`,
    text: /a function of less than two arguments.*it returned undefined\. Return a Fastify instance/,
  },
  {
    what: 'whose factory throws',
    source: `export default () => { throw new Error('no luck') }`,
    text: /no luck/,
  },
  {
    what: 'whose Fastify plugin fails',
    source: `import Fastify from 'fastify'; const app = Fastify(); app.register(async () => { throw new Error('bad plugin') }); export default app`,
    text: /bad plugin/,
  },
  {
    what: 'of another type than it says',
    source: `export default (request, response) => response.end()`,
    type: 'fastify',
    text: /is of type "fastify", which takes a Fastify instance or a function that returns one; it exports a function of 2 arguments as default/,
  },
  {
    what: 'of a type that nobody knows',
    source: `export default (request, response) => response.end()`,
    type: 'fastfy',
    text: /no adapter "fastfy"; known are "node", "fastify"/,
  },
]

for (const { what, source, type, limit, text, error } of failures) {
  void t.test(`an application ${what} is reported`, async (test) => {
    const { hosted, events } = await load(test, 'app.mjs', source, { type }, limit)
    test.equal(hosted.state, 'failed')
    test.equal(events.length, 1)
    test.match(events[0], { id: 2299, level: 'error', source: 'worker', text })
    test.match(events[0]?.facts, { site: 'Site', application: '/', pool: 'Pool', file: /app\.mjs$/ })
    if (error) test.match(events[0]?.facts?.error, error)
  })
}

void t.test('a file that is not there is reported', async (test) => {
  const { events } = await load(test, 'app.mjs', '', { module: './other.mjs' })
  test.match(events[0]?.text, /Cannot find module '.\/other\.mjs'/)
})

void t.test('an application without a module needs a type that needs none', async (test) => {
  const { events } = await load(test, 'app.mjs', '', { module: undefined })
  test.match(events[0]?.text, /has no module; name one, or give it a type that needs none/)
})

void t.test('one that fails leaves the others alone', async (test) => {
  const folder = test.testdir({
    'bad.mjs': `throw new Error('bad')`,
    'good.mjs': `export default (request, response) => response.end()`,
    'wrong.mjs': `export default 42`,
  })
  const one = (id: number, name: string): ApplicationSettings =>
    settings({ id, mount: `/${name}`, module: join(folder, `${name}.mjs`) })
  const events: ServerEvent[] = []
  const applications = new HostedApplications(await standardAdapters(), (event) => events.push(event))
  await applications.start({
    workerId: 1,
    pool: 'Pool',
    startupTimeLimit: 5_000,
    startsBy: Infinity,
    pinged: true,
    applications: [one(1, 'bad'), one(2, 'good'), one(3, 'wrong')],
    adapters: [],
  })
  test.same(
    [1, 2, 3].map((id) => applications.get(id)?.state),
    ['failed', 'ready', 'failed'],
  )
  test.match(events, [{ text: /"Site\/bad"/ }, { text: /"Site\/wrong"/ }])
})

void t.test(
  'applications load together: none waits for one that hangs, and each gets its own server',
  async (test) => {
    const program = (path: string, port: number): string => `
    import { createServer } from 'node:http'
    export {}
    globalThis.loading ??= []
    loading.push('${path}')
    setTimeout(() => {
      globalThis.ports ??= {}
      const server = createServer((request, response) => response.end('${path}'))
      server.listen(process.env.PORT, () => (globalThis.ports.${path} = [server.address().port, ${port}]))
    }, ${port % 2 === 0 ? 30 : 10})`
    const folder = test.testdir({
      'hangs.mjs': `await new Promise(() => setInterval(() => undefined, 1000).unref())`,
      'never.mjs': `export {}`,
      'one.mjs': program('one', 8002),
      'two.mjs': program('two', 8001),
      'good.mjs': `export default (request, response) => response.end()`,
    })
    const names = ['hangs', 'never', 'one', 'two', 'good']
    const applications = new HostedApplications(await standardAdapters(), () => undefined)
    const started = applications.start({
      workerId: 1,
      pool: 'Pool',
      startupTimeLimit: 3_000,
      startsBy: Infinity,
      pinged: true,
      applications: names.map((name, at) =>
        settings({ id: at + 1, module: join(folder, `${name}.mjs`), port: name === 'one' ? 8002 : 8001 }),
      ),
      adapters: [],
    })
    const loaded = [3, 4, 5].map(async (id) => applications.get(id)?.loaded)
    test.same(await Promise.all(loaded), [true, true, true])
    test.equal(applications.get(2)?.state, 'loading', 'the one that never listens is still waited for')
    const { ports } = globalThis as { ports?: Record<string, number[]> }
    test.same(ports, { one: [8002, 8002], two: [8001, 8001] })
    await started
    test.same(
      [1, 2].map((id) => applications.get(id)?.state),
      ['failed', 'failed'],
    )
  },
)

void t.test('an application that fails to close does not keep the others open', async (test) => {
  const source = `
    import Fastify from 'fastify'
    const app = Fastify()
    app.addHook('onClose', async () => { throw new Error('stuck') })
    export default app`
  const { applications, events } = await load(test, 'app.mjs', source)
  await applications.close(Date.now() + 1_000)
  test.match(events, [{ level: 'warning', text: /failed while it was closing/, facts: { error: /stuck/ } }])
})
