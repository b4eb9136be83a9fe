/** `throw null` and `reject(undefined)` are errors like any other, wherever a stranger's code is called. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const FETCH = `
const deeds = {
  '/null': () => { throw null },
  '/undefined': () => Promise.reject(undefined),
  '/zero': async () => { throw 0 },
  '/nothing': () => undefined,
}
export default { fetch: (request) => (deeds[new URL(request.url).pathname] ?? (() => new Response('well')))() }`

const LISTENER = `
const deeds = {
  '/throw': () => { throw null },
  '/later': () => setImmediate(() => { throw null }),
  '/reject': () => void Promise.reject(undefined),
}
export default (request, response) => (deeds[request.url] ?? (() => response.end('well')))()
`

const HANDLER = `
import { defineHandler } from 'webgarden'
const deeds = { '/null.h': () => { throw null }, '/undefined.h': () => Promise.reject(undefined), '/empty.h': async () => { throw '' } }
export default defineHandler({ name: 'falsy', handle: (ecb) => (deeds[ecb.pathInfo] ?? (() => 'SUCCESS'))() })`

const FILTER = `
import { defineFilter } from 'webgarden'
const fail = (way) => { if (way === 'null') throw null; return Promise.reject(undefined) }
const wanted = (url, place) => { const [, where, way] = url.split('/'); return where === place ? way : undefined }
export default defineFilter({
  name: 'falsy',
  preprocHeaders: (pfc, headers) => { const way = wanted(headers.url, 'preproc'); return way ? fail(way) : 'REQ_NEXT_NOTIFICATION' },
  urlMap: (pfc, map) => { const way = wanted(map.url, 'map'); return way ? fail(way) : 'REQ_NEXT_NOTIFICATION' },
  authComplete: (pfc, headers) => { const way = wanted(headers.url, 'complete'); return way ? fail(way) : 'REQ_NEXT_NOTIFICATION' },
  sendResponse: (pfc, headers) => { if (headers.getHeader('X-Fail')) throw null; return 'REQ_NEXT_NOTIFICATION' },
})`

const MODULE = `
import { defineModule } from 'webgarden'
const fail = (ctx, place) => {
  if (ctx.path === '/' + place + '/null') throw null
  return ctx.path === '/' + place + '/undefined' ? Promise.reject(undefined) : 'CONTINUE'
}
export default defineModule({ name: 'falsy', setup: () => ({
  beginRequest: (ctx) => fail(ctx, 'begin'),
  preExecute: (ctx) => fail(ctx, 'pre'),
  log: (ctx) => fail(ctx, 'log'),
}) })`

const STAGE = `
import { defineStage } from 'webgarden'
export default defineStage({ name: 'falsy', slot: 'validate', setup: () => ({ run(ctx) {
  if (ctx.target === '/stage/null') throw null
  return ctx.target === '/stage/undefined' ? Promise.reject(undefined) : 'CONTINUE'
} }) })`

/** Its first set-up and its first batch fail. */
const LOG = `
import { appendFile, writeFile } from 'node:fs/promises'
import { defineLog } from 'webgarden'
export default defineLog({ name: 'falsy-log', async setup({ directory }) {
  try { await writeFile(directory + '/tried', '', { flag: 'wx' }) } catch { return { write: async (records, { again }) => {
    if (!again) throw undefined
    await appendFile(directory + '/records', records.map(({ path }) => path + '\\n').join(''))
  } } }
  throw null
} })`

const FILES = {
  'fetch.mjs': FETCH,
  'listener.mjs': LISTENER,
  'handler.mjs': HANDLER,
  'filter.mjs': FILTER,
  'module.mjs': MODULE,
  'stage.mjs': STAGE,
  'log.mjs': LOG,
  'open.mjs': `throw null`,
  'plain.mjs': `export default (request, response) => { if (request.url === '/fail') response.setHeader('X-Fail', '1'); response.end('well') }`,
}

const statusOf = async (server: TestServer, path: string): Promise<string> => {
  const response = await fetch(server.url + path)
  return `${response.status} ${response.status === 200 ? await response.text() : ''}`
}

t.test('in the listener and in the workers', async (t) => {
  const server = await startServer(
    oneSite(
      [
        {
          path: '/',
          module: './plain.mjs',
          handlers: [{ name: 'Falsy', path: '*.h', module: './handler.mjs' }],
          filters: [{ name: 'Falsy', module: './filter.mjs' }],
          modules: [{ name: 'Falsy', module: './module.mjs' }],
        },
        { path: '/fetch', module: './fetch.mjs' },
        { path: '/thread', module: './listener.mjs', applicationPool: 'thread' },
        { path: '/process', module: './listener.mjs', applicationPool: 'process' },
        { path: '/import', module: './open.mjs' },
      ],
      {
        modules: [
          { name: 'falsy', module: './stage.mjs' },
          { name: 'falsy-log', module: './log.mjs' },
        ],
        pipeline: { validate: ['falsy', 'validate'], log: ['log', 'falsy-log'] },
        applicationPools: [{ name: 'thread' }, { name: 'process', isolation: 'process' }],
      },
    ),
    FILES,
  )
  t.teardown(() => server.stop())

  for (const path of [
    '/fetch/null',
    '/fetch/undefined',
    '/fetch/zero',
    '/fetch/nothing',
    '/null.h',
    '/undefined.h',
    '/empty.h',
  ])
    t.equal(await statusOf(server, path), '500 ', path)
  for (const place of ['preproc', 'map', 'complete', 'begin', 'pre', 'stage'])
    for (const way of ['null', 'undefined'])
      t.equal(await statusOf(server, `/${place}/${way}`), '500 ', `${place}, ${way}`)
  // What fails when the answer is on its way costs an event.
  for (const path of ['/fail', '/log/null', '/log/undefined', '/fetch', '/'])
    t.equal(await statusOf(server, path), '200 well', path)
  t.equal(await statusOf(server, '/import'), '503 ')
  await server.printed(/2299/)

  for (const pool of ['thread', 'process'])
    for (const way of ['throw', 'later', 'reject']) {
      const nth = ['throw', 'later', 'reject'].indexOf(way) + 1
      const client = await rawClient(server.port)
      client.send(get(`/${pool}/${way}`))
      t.same(await client.ended(), { how: 'reset', text: '' }, `${pool}, ${way}: the connection is reset`)
      await server.printed(new RegExp(`of pool "${pool}"[^\\n]*(null|undefined)`), nth)
      t.equal(await statusOf(server, `/${pool}`), '200 well', `${pool}, ${way}: another worker answers`)
    }

  await server.printed(/falsy-log[^\n]*null/)
  const records = async (): Promise<string> =>
    readFile(join(server.folder, 'records'), 'utf8').catch(() => '')
  while (!(await records()).includes('/log/undefined')) await statusOf(server, '/')
  t.equal((await records()).split('\n').filter((path) => path === '/fetch/zero').length, 1, 'logged once')
})
