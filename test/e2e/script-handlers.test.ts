/** One application of Node whose handler mappings give some of its paths to CGI scripts and to a FastCGI program. */
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'

/** Answers each request with the name of the script and its PATH_INFO; its records are short ones. */
const PHP = `
const net = require('node:net')
const record = (type, text) => Buffer.concat([Buffer.from([1, type, 0, 1, text.length >> 8, text.length & 255, 0, 0]), Buffer.from(text)])
net.createServer((socket) => {
  let all = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    all = Buffer.concat([all, chunk])
    // The empty record that ends its body ends the request.
    if (!all.includes(Buffer.from([1, 5, 0, 1, 0, 0]))) return
    const [, script] = /SCRIPT_NAME(\\/[\\w./]+\\.php)/.exec(all.toString('latin1'))
    all = Buffer.alloc(0)
    socket.write(Buffer.concat([record(6, 'Content-Type: text/plain\\n\\nphp ' + script), record(6, ''), record(3, '\\0'.repeat(8))]))
  })
}).listen({ fd: 0 })
`

const CGI = `#!/bin/sh
[ "$QUERY_STRING" = fail ] && { echo lost >&2; exit 1; }
[ "$QUERY_STRING" = who ] && { printf 'Content-Type: text/plain\\n\\n%s by %s' "$REMOTE_USER" "$AUTH_TYPE"; exit 0; }
printf 'Content-Type: text/plain\\n\\ncgi %s %s %s %s' "$REQUEST_METHOD" "$SCRIPT_NAME" "$PATH_INFO" "$(cat)"
`

const APP = `export default (request, response) => response.end('node ' + request.url)`

const handlers = [
  {
    name: 'PHP',
    path: '*.php',
    type: 'fastcgi',
    options: {
      fullPath: '/usr/bin/env',
      arguments: ['-u', 'NODE_OPTIONS', process.execPath, 'php.cjs'],
      maxInstances: 1,
    },
  },
  { name: 'CGI', path: '/cgi-bin/*', type: 'cgi', options: { extensions: ['.sh'] } },
]

const WHO = `
import { defineModule } from 'webgarden'
export default defineModule({ name: 'who', setup: () => ({ authenticate(ctx) {
  if (ctx.request.headers.cookie) ctx.user = { name: 'ann', type: 'Cookie' }
  return 'CONTINUE'
} }) })`

t.test('a site mixes an application of Node with PHP and CGI scripts by path', async (t) => {
  const server = await startServer(
    oneSite([
      { path: '/', module: './app.mjs', handlers },
      {
        path: '/below',
        module: './app.mjs',
        physicalPath: './sub',
        handlers: [{ clear: true }, handlers[1]],
      },
      {
        path: '/known',
        module: './app.mjs',
        physicalPath: './sub',
        modules: [{ name: 'who', module: './who.mjs' }],
        handlers: [{ ...handlers[1], resourceType: 'File' }],
      },
      {
        path: '/read-only',
        module: './app.mjs',
        physicalPath: './sub',
        accessPolicy: ['Read'],
        handlers,
      },
    ]),
    {
      'app.mjs': APP,
      'who.mjs': WHO,
      'php.cjs': PHP,
      'index.php': '',
      'shop/cart.php': '',
      'cgi-bin/a.sh': CGI,
      'sub/index.php': '',
      'sub/cgi-bin/b.sh': CGI,
    },
  )
  t.teardown(() => server.stop())
  for (const name of ['cgi-bin/a.sh', 'sub/cgi-bin/b.sh']) await chmod(join(server.folder, name), 0o755)
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(server.url + path, init)
    return response.status === 200 ? response.text() : String(response.status)
  }
  t.equal(await ask('/'), 'node /')
  t.equal(await ask('/index.php?a=1'), 'php /index.php')
  t.equal(await ask('/shop/cart.php'), 'php /shop/cart.php')
  t.equal(await ask('/none.php'), '404')
  t.equal(await ask('/shop/cart'), 'node /shop/cart')
  t.equal(await ask('/cgi-bin/a.sh/more', { method: 'POST', body: 'b' }), 'cgi POST /cgi-bin/a.sh /more b')
  t.equal(await ask('/cgi-bin/none.sh'), '404')
  t.equal(await ask('/cgi-bin/a.sh?fail'), '502')
  await server.printed(/a\.sh printed: lost/)
  t.equal(await ask('/below/cgi-bin/b.sh'), 'cgi GET /below/cgi-bin/b.sh  ')
  t.equal(await ask('/below/index.php'), 'node /index.php', 'a path that is not mapped below')
  t.equal(await ask('/known/cgi-bin/b.sh?who', { headers: { Cookie: 'a=b' } }), 'ann by Cookie')
  t.equal(await ask('/known/cgi-bin/b.sh?who'), ' by ')
  t.equal(await ask('/known/cgi-bin/none.sh'), 'node /cgi-bin/none.sh', 'resourceType File')
  t.equal(await ask('/read-only/cgi-bin/b.sh'), '403')
  t.equal(await ask('/read-only/other'), 'node /other')
  const all = await Promise.all([ask('/'), ask('/index.php'), ask('/cgi-bin/a.sh'), ask('/index.php')])
  t.same(all, ['node /', 'php /index.php', 'cgi GET /cgi-bin/a.sh  ', 'php /index.php'])
})
