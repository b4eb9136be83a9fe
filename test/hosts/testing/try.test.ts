/** `webgarden/testing`: filters, modules and stages are run without a server, and a whole one is started in this process. */
import t from 'tap'
import type { TObject } from 'typebox'
import { defineFilter, defineLog, defineModule, defineStage, type LogRecord } from '../../../core/index.js'
import { startServer, tryExtension, tryLog, tryStage } from '../../../hosts/testing/index.js'

const WORDS: Record<string, unknown> & TObject = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: { word: { type: 'string', minLength: 2, default: 'usual' } },
} as never

t.test('a filter meets a request of its author', async (t) => {
  const stamp = defineFilter({
    name: 'stamp',
    options: WORDS,
    sendResponse(pfc, headers) {
      headers.setHeader('X-Stamp', (pfc.options as { word: string }).word)
      return 'REQ_NEXT_NOTIFICATION'
    },
  })
  const trial = await tryExtension(stamp, { options: { word: 'seen' } })
  t.teardown(() => trial.close())
  const response = await trial.fetch('/x')
  t.equal(response.headers.get('x-stamp'), 'seen')
  t.equal(await response.text(), 'the application\n')
})

t.test('a module that fails says so in the events', async (t) => {
  const broken = defineModule({
    name: 'broken',
    setup: () => ({
      authorize: (ctx) => {
        if (ctx.path === '/broken') throw new Error('it is broken')
        return 'CONTINUE'
      },
    }),
  })
  const trial = await tryExtension(broken, { application: { fetch: () => new Response('fetched') } })
  t.teardown(() => trial.close())
  t.equal(await (await trial.fetch('/well')).text(), 'fetched')
  t.equal((await trial.fetch('/broken')).status, 500)
  t.match(trial.events[0]?.facts?.error, /it is broken/)
})

t.test('a stage answers, or lets through, or remembers', async (t) => {
  const closed: string[] = []
  const stage = defineStage({
    name: 'door',
    slot: 'validate',
    options: WORDS,
    setup: (scope, options) => {
      const { word } = options as { word: string }
      scope.onClose(() => void closed.push('closed'))
      return {
        run(ctx) {
          if (ctx.path !== '/closed') return 'CONTINUE'
          ctx.respond(503, ['X-Word', word], 'closed')
          return 'FINISH'
        },
      }
    },
  })
  const trial = await tryStage(stage, { word: 'hello' })
  t.match(await trial.run({ url: '/open?x=1' }), { passed: true, status: 200, text: /the application$/ })
  t.match(await trial.run({ url: '/closed' }), {
    passed: false,
    status: 503,
    text: /X-Word: hello[^]*closed$/,
  })
  await trial.close()
  t.same(closed, ['closed'])
})

t.test('a whole server in this process', async (t) => {
  const folder = t.testdir({ 'app.mjs': `export default (request, response) => response.end('hello')` })
  const server = await startServer(
    {
      sites: [
        {
          name: 'Test',
          bindings: [{ bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', module: './app.mjs' }],
        },
      ],
    },
    { folder },
  )
  t.equal(await (await fetch(server.url)).text(), 'hello')
  t.match(server.events(), /Worker \d+ of pool "DefaultAppPool" is ready/)
  await server.stop()
  await t.rejects(startServer({ sites: [] }), { name: 'ConfigurationError' })
})

t.test('options are completed and checked as those of the configuration are', async (t) => {
  const filter = defineFilter({
    name: 'word',
    options: WORDS,
    sendResponse(pfc, headers) {
      headers.setHeader('X-Word', (pfc.options as { word: string }).word)
      return 'REQ_NEXT_NOTIFICATION'
    },
  })
  const trial = await tryExtension(filter)
  t.teardown(() => trial.close())
  t.equal((await trial.fetch('/')).headers.get('x-word'), 'usual')
  await t.rejects(tryExtension(filter, { options: { word: 'x' } }), {
    name: 'TypeError',
    message: /word: \/options\/word: /,
  })
  await t.rejects(tryExtension(filter, { options: { wrod: 'xx' } }), { message: /did you mean "word"/ })
  const stage = defineStage({ name: 'none', slot: 'log', setup: () => ({ run: () => 'CONTINUE' }) })
  await t.rejects(tryStage(stage, { any: 1 }), { message: /none: \/options\/any: / })
})

t.test('a log module gets records, as many batches as its author wants', async (t) => {
  const seen: unknown[] = []
  const log = defineLog({
    name: 'lines',
    options: WORDS,
    headers: ['X-Kept'],
    check: (options) => {
      if ((options as { word: string }).word === 'refused') throw new Error('refused by check')
    },
    setup: ({ directory, events }, options) => {
      events.write({ id: 0, level: 'info', source: 'module', text: 'set up' })
      seen.push(directory, options)
      return {
        write: (records: readonly LogRecord[], { number, again }) =>
          void seen.push([
            number,
            again,
            ...records.map(({ status, path, headers }) => [status, path, headers]),
          ]),
        flush: () => void seen.push('flushed'),
        close: () => void seen.push('closed'),
      }
    },
  })
  const trial = await tryLog(log, { directory: '/srv' })
  await trial.write([{ path: '/a', headers: { 'x-kept': '1', cookie: 'no' } }, { status: 404 }])
  await trial.writeAgain()
  await trial.write([])
  await trial.flush()
  await trial.close()
  const rows = [
    [200, '/a', { 'x-kept': '1' }],
    [404, '/', {}],
  ]
  t.same(seen, [
    '/srv',
    { word: 'usual' },
    [1, false, ...rows],
    [1, true, ...rows],
    [2, false],
    'flushed',
    'closed',
  ])
  t.match(trial.events, [{ text: 'set up' }])
  await t.rejects(tryLog(log, { options: { word: 'refused' } }), { message: 'refused by check' })
  await t.rejects(tryLog(log, { options: { word: 1 } }), { message: /lines: \/options\/word/ })
})
