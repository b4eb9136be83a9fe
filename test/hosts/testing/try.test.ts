/** `webgarden/testing`: filters, modules and stages are run without a server, and a whole one is started in this process. */
import t from 'tap'
import { defineFilter, defineModule, defineStage } from '../../../core/index.js'
import { startServer, tryExtension, tryStage } from '../../../hosts/testing/index.js'

t.test('a filter meets a request of its author', async (t) => {
  const stamp = defineFilter({
    name: 'stamp',
    sendResponse(pfc, headers) {
      headers.setHeader('X-Stamp', (pfc.options as { text: string }).text)
      return 'REQ_NEXT_NOTIFICATION'
    },
  })
  const trial = await tryExtension(stamp, { options: { text: 'seen' } })
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
    setup: (scope, options: { word?: string }) => {
      scope.onClose(() => void closed.push('closed'))
      return {
        run(ctx) {
          if (ctx.path !== '/closed') return 'CONTINUE'
          ctx.respond(503, ['X-Word', options.word ?? ''], 'closed')
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
