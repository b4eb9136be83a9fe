/** What a filter's or module's mistakes cost, and what their author reads of them. */
import t from 'tap'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const BROKEN = `
import { defineFilter } from 'webgarden'
const fail = (pfc, where) => {
  if (pfc.context.path === '/' + where) throw new Error('broken in ' + where)
}
export default defineFilter({
  name: 'broken',
  priority: 'high',
  preprocHeaders(pfc) { fail(pfc, 'preproc'); return pfc.context.path === '/null' ? null : 'REQ_NEXT_NOTIFICATION' },
  async urlMap(pfc) { await null; fail(pfc, 'map'); return 'REQ_NEXT_NOTIFICATION' },
  sendResponse(pfc, headers) {
    fail(pfc, 'send')
    if (pfc.context.path !== '/late') return 'REQ_NEXT_NOTIFICATION'
    return new Promise((resolve, reject) => setTimeout(() => reject(new Error('too late')), 20))
  },
  log(pfc) { fail(pfc, 'log') },
  endOfRequest(pfc) { fail(pfc, 'end') },
})
`

const SECOND = `
import { defineFilter } from 'webgarden'
const heard = []
export default defineFilter({
  name: 'second',
  sendResponse(pfc, headers) { headers.setHeader('X-Second', heard.join(' ') || 'nothing yet'); return 'REQ_NEXT_NOTIFICATION' },
  log(pfc) { heard.push('log:' + pfc.context.path) },
  endOfRequest(pfc) { heard.push('end:' + pfc.context.path) },
})
`

const module = (name: string, setup: string): string => `
import { defineModule } from 'webgarden'
export default defineModule({ name: '${name}', setup: () => (${setup}) })
`

const start = (): Promise<TestServer> =>
  startServer(
    oneSite([
      {
        path: '/',
        module: './app.mjs',
        filters: [
          { name: 'broken', module: './broken.mjs' },
          { name: 'second', module: './second.mjs' },
        ],
      },
      { path: '/misspelt', module: './app.mjs', modules: [{ name: 'misspelt', module: './misspelt.mjs' }] },
      { path: '/empty', module: './app.mjs', modules: [{ name: 'empty', module: './empty.mjs' }] },
      { path: '/silent', module: './app.mjs', modules: [{ name: 'silent', module: './silent.mjs' }] },
    ]),
    {
      'app.mjs': `export default (request, response) => response.end('served')`,
      'broken.mjs': BROKEN,
      'second.mjs': SECOND,
      'misspelt.mjs': module('misspelt', `{ beginReqest() { return 'CONTINUE' } }`),
      'empty.mjs': module('empty', 'undefined'),
      'silent.mjs': module('silent', '{ authorize() {} }'),
    },
  )

t.test('mistakes of filters and modules are told by their names, and cost one request at most', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  const ask = (path: string): Promise<Response> => fetch(server.url + path)

  for (const [path, where] of [
    ['/preproc', 'preprocHeaders'],
    ['/map', 'urlMap'],
  ] as const) {
    const answer = await ask(path)
    t.equal(answer.status, 500, where)
    t.match(await answer.text(), `Filter &quot;broken&quot; failed in ${where}`.replaceAll('&quot;', '"'))
    await server.printed(new RegExp(`Filter "broken" failed in ${where}: Error: broken in`))
  }
  const nothing = await ask('/null')
  t.equal(nothing.status, 500)
  t.match(await nothing.text(), /Filter "broken" answered null to preprocHeaders/)

  const sent = await ask('/send')
  t.match(
    [sent.status, sent.headers.get('x-second'), await sent.text()],
    [200, /./, 'served'],
    'the filters behind it hear all the same',
  )
  await server.printed(/Filter "broken" failed in sendResponse: Error: broken in send/)
  const late = await ask('/late')
  t.match([late.status, late.headers.get('x-second'), await late.text()], [200, /./, 'served'])
  await server.printed(/Filter "broken" failed in sendResponse: TypeError: it answered with a promise/)

  await (await ask('/log')).text()
  await (await ask('/end')).text()
  await server.printed(/Filter "broken" failed in log: Error: broken in log/)
  await server.printed(/Filter "broken" failed in endOfRequest: Error: broken in end/)
  const heard = (await ask('/')).headers.get('x-second') ?? ''
  t.match(heard, /log:\/log/, 'who comes later hears of what the first one failed in')
  t.match(heard, /end:\/end/)
  t.notMatch(server.output(), /ended unexpectedly/, 'no worker was lost')

  const silent = await ask('/silent')
  t.equal(silent.status, 500)
  t.match(await silent.text(), /authorize must answer CONTINUE or FINISH .* not undefined/)
  t.equal((await ask('/misspelt')).status, 503)
  await server.printed(/Module "misspelt": nothing would call "beginReqest"; did you mean "beginRequest"\?/)
  t.equal((await ask('/empty')).status, 503)
  await server.printed(/Module "empty": setup must return an object/)
})
