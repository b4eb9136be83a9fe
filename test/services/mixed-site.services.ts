/** One site that mixes by path what people run: frameworks, a Nitro server, socket.io, files, a script, a redirect, and verdaccio. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { io } from 'socket.io-client'
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'

t.setTimeout(280_000)

const run = promisify(execFile)

/** Those of the test runner, which npm would pass on, and which would make a build something else. */
const plainEnvironment = (): NodeJS.ProcessEnv => {
  const env: NodeJS.ProcessEnv = { ...process.env, NITRO_TELEMETRY_DISABLED: '1' }
  delete env.NODE_OPTIONS
  delete env.NODE_ENV
  return env
}

const npm = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env: { ...plainEnvironment(), ...env },
    timeout: 120_000,
  })

const folder = await mkdtemp(join(tmpdir(), 'webgarden-mixed-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

/** Big programs are no dependency of the project: they are installed here, from the registry that npm is configured for. */
const installed = async (): Promise<string> => {
  try {
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
    await npm(folder, ['install', '--ignore-scripts', 'nitropack@2', 'verdaccio@6'])
    return ''
  } catch (error) {
    return `npm cannot install nitropack and verdaccio: ${String(error)}`
  }
}

const NITRO = {
  'nitro.config.ts': `export default defineNitroConfig({ compatibilityDate: '2025-01-01', preset: 'node-server' })`,
  'routes/index.ts': `export default defineEventHandler((event) => ({ path: event.path, prefix: getRequestHeader(event, 'x-forwarded-prefix') ?? '' }))`,
  'routes/size.post.ts':
    'export default defineEventHandler(async (event) => `nitro ${(await readRawBody(event, false)).length}`)',
  'package.json': '{ "private": true, "type": "module" }',
}

/** Builds a Nitro project as its users do; answers the folder of the production server. */
const buildNitro = async (): Promise<string> => {
  const project = join(folder, 'nitro')
  await mkdir(join(project, 'routes'), { recursive: true })
  for (const [name, text] of Object.entries(NITRO)) await writeFile(join(project, name), text)
  await symlink(join(folder, 'node_modules'), join(project, 'node_modules'))
  await run(process.execPath, [join(folder, 'node_modules/nitropack/dist/cli/index.mjs'), 'build'], {
    cwd: project,
    env: plainEnvironment(),
    timeout: 100_000,
  })
  return join(project, '.output/server')
}

const FILES = {
  'express.mjs': `import express from 'express'
const app = express()
app.post('/', express.json(), (request, response) => response.json({ express: request.body, base: request.baseUrl }))
app.get('/', (request, response) => response.send('express ' + request.originalUrl))
export default app`,
  'koa.mjs': `import Koa from 'koa'
const app = new Koa()
app.use((ctx) => { ctx.body = 'koa ' + ctx.path })
export default app`,
  'hono.mjs': `import { Hono } from 'hono'
const app = new Hono()
app.get('/', (c) => c.text('hono ' + c.req.query('q')))
export default app`,
  'fastify.mjs': `import Fastify from 'fastify'
const app = Fastify()
app.get('/', async () => ({ fastify: true }))
export default app`,
  'io.mjs': `import { createServer } from 'node:http'
import { Server } from 'socket.io'
const server = createServer()
new Server(server).on('connection', (socket) => socket.on('ask', (what, answer) => answer(what + ' by ' + socket.conn.transport.name)))
server.listen(process.env.PORT)`,
  'public/index.html': '<h1>files</h1>',
  'cgi/a.sh': `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\ncgi %s' "$QUERY_STRING"\n`,
  'verdaccio/config.yaml': `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
url_prefix: /npm/
web: { enable: false }
packages: { '**': { access: $all, publish: $authenticated } }
log: { type: stdout, format: pretty, level: warn }
`,
}

const problem = await installed()

t.test('one site, mixed by path', async (t) => {
  if (problem !== '') {
    if (process.env.CI !== undefined && process.env.CI !== '') t.fail(problem)
    else console.error(`\n*** SKIPPED: ${t.name}: ${problem} ***\n`)
    return
  }
  const nitro = await buildNitro()
  const verdaccio = join(folder, 'node_modules/verdaccio/bin/verdaccio')
  const server = await startServer(
    oneSite(
      [
        { path: '/', type: 'static', physicalPath: './public' },
        ...['express', 'koa', 'hono', 'fastify', 'io'].map((name) => ({
          path: `/${name}`,
          module: `./${name}.mjs`,
        })),
        { path: '/nitro', module: join(nitro, 'index.mjs'), applicationPool: 'nitro' },
        {
          path: '/nitro-program',
          type: 'program',
          physicalPath: nitro,
          options: { command: [process.execPath, 'index.mjs'] },
        },
        { path: '/cgi', type: 'cgi', physicalPath: './cgi', options: { extensions: ['.sh'] } },
        { path: '/old', type: 'redirect', options: { destination: '/express' } },
        {
          path: '/npm',
          type: 'program',
          physicalPath: './verdaccio',
          applicationPool: 'npm',
          options: {
            command: [process.execPath, verdaccio, '--listen', '127.0.0.1:%PORT%', '--config', 'config.yaml'],
            startupTimeLimit: 60_000,
          },
        },
      ],
      {
        applicationPools: [
          { name: 'nitro' },
          { name: 'npm', processModel: { startupTimeLimit: '00:01:30' } },
        ],
      },
    ),
    FILES,
  )
  t.teardown(() => server.stop())
  await chmod(join(server.folder, 'cgi/a.sh'), 0o755)
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(server.url + path, init)
    return response.ok ? response.text() : `${response.status} ${await response.text()}`
  }

  await t.test('files, a script, a redirect', async (t) => {
    t.equal(await ask('/'), '<h1>files</h1>')
    t.equal(await ask('/cgi/a.sh?x'), 'cgi x')
    const { status, headers } = await fetch(`${server.url}/old/a?b`, { redirect: 'manual' })
    t.equal(`${status} ${headers.get('location')}`, '302 /express/a?b')
  })

  await t.test('Express, Koa, Hono, Fastify', async (t) => {
    const body = JSON.stringify({ a: 1 })
    const headers = { 'Content-Type': 'application/json' }
    t.equal(await ask('/express'), 'express /express')
    t.same(JSON.parse(await ask('/express', { method: 'POST', body, headers })), {
      express: { a: 1 },
      base: '',
    })
    t.equal(await ask('/koa/x'), 'koa /x')
    t.equal(await ask('/hono?q=1'), 'hono 1')
    t.same(JSON.parse(await ask('/fastify')), { fastify: true })
  })

  await t.test('a production server of Nitro, in a thread and as a program', async (t) => {
    for (const path of ['/nitro', '/nitro-program']) {
      const { path: seen } = JSON.parse(await ask(path)) as { path: string }
      t.equal(seen, '/', path)
      t.equal(await ask(`${path}/size`, { method: 'POST', body: 'x'.repeat(300_000) }), 'nitro 300000', path)
      t.match(await ask(`${path}/none`), /^404 /)
    }
  })

  await t.test('socket.io, with its own client, by polling and by WebSocket', async (t) => {
    for (const transport of ['polling', 'websocket'] as const) {
      const client = io(server.url, { path: '/io/socket.io', transports: [transport] })
      t.equal(await client.timeout(10_000).emitWithAck('ask', 'asked'), `asked by ${transport}`)
      client.close()
    }
    const client = io(server.url, { path: '/io/socket.io' })
    await new Promise<void>((resolve) => {
      // It may come before the connection is told.
      client.io.engine.once('upgrade', () => {
        resolve()
      })
    })
    t.equal(await client.timeout(10_000).emitWithAck('ask', 'upgraded'), 'upgraded by websocket')
    client.close()
  })

  await t.test('verdaccio: a package is published and installed with npm', async (t) => {
    const registry = `${server.url}/npm/`
    const answer = await fetch(`${registry}-/user/org.couchdb.user:ann`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'ann', password: 'long enough 1' }),
    })
    t.equal(answer.status, 201, 'ann is a user')
    const { token } = (await answer.json()) as { token: string }
    const author = join(folder, 'author')
    const user = join(folder, 'user')
    for (const one of [author, user]) await mkdir(one)
    await writeFile(
      join(author, 'package.json'),
      '{ "name": "webgarden-was-here", "version": "1.2.3", "main": "a.js" }',
    )
    // Bigger than what travels in one message.
    await writeFile(join(author, 'a.js'), `module.exports = 'installed' // ${'0123456789'.repeat(100_000)}`)
    const npmrc = `registry=${registry}\n//127.0.0.1:${server.port}/npm/:_authToken=${token}\n`
    await writeFile(join(author, '.npmrc'), npmrc)
    await npm(author, ['publish', `--registry=${registry}`])
    await writeFile(join(user, 'package.json'), '{ "private": true }')
    await npm(user, [
      'install',
      'webgarden-was-here',
      `--registry=${registry}`,
      `--cache=${join(folder, 'cache')}`,
    ])
    const { stdout } = await run(process.execPath, ['-p', "require('webgarden-was-here')"], {
      cwd: user,
      env: plainEnvironment(),
    })
    t.equal(stdout, 'installed\n')
  })

  await t.test('all of them at once', async (t) => {
    const paths = [
      '/',
      '/express',
      '/koa/x',
      '/hono?q=1',
      '/fastify',
      '/nitro',
      '/nitro-program',
      '/cgi/a.sh?x',
    ]
    const answers = await Promise.all([...paths, ...paths, ...paths].map((path) => ask(path)))
    t.same(answers.slice(0, paths.length), answers.slice(paths.length, 2 * paths.length))
    t.notOk(answers.some((answer) => /^\d{3} /.test(answer)))
  })
})
