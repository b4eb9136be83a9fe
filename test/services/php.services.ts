/** The real PHP: php-cgi that is spawned, php-fpm by its socket, and DokuWiki on it. */
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { oneSite, startServer } from '../harness/server.js'
import { requireProgram } from './require-program.js'

t.setTimeout(120_000)

const INFO = `<?php header('Content-Type: application/json');
  if (($_GET['do'] ?? '') === 'crash') posix_kill(getmypid(), 9);
  if (($_GET['do'] ?? '') === 'log') error_log('a complaint of PHP');
  echo json_encode(['sapi' => PHP_SAPI, 'pid' => getmypid(), 'self' => $_SERVER['PHP_SELF'], 'info' => $_SERVER['PATH_INFO'] ?? null,
    'user' => $_SERVER['PHP_AUTH_USER'] ?? null, 'post' => $_POST, 'files' => array_map('filesize', array_column($_FILES, 'tmp_name')), 'length' => strlen(file_get_contents('php://input'))]);`

const FILES = {
  'php/index.php': INFO,
  'php/big.php': "<?php echo str_repeat('x', 5000000);",
  'php/a.css': 'a {}',
}

interface Info {
  readonly sapi: string
  readonly pid: number
  readonly info: string | null
}

const checkPhp = async (t: Test, url: string, sapi: string): Promise<Info> => {
  const headers = { authorization: `Basic ${btoa('ann:secret')}` }
  const info = (await (await fetch(`${url}/index.php/more?x=1`, { headers })).json()) as Info
  t.match(info, { sapi, info: '/more', user: 'ann' })
  const form = new FormData()
  form.set('a', 'b')
  form.set('file', new Blob(['z'.repeat(100_000)]), 'f.bin')
  const posted: unknown = await (await fetch(`${url}/`, { method: 'POST', body: form })).json()
  t.match(posted, { post: { a: 'b' }, files: [100_000] })
  const chunked = new Blob(['y'.repeat(200_000)]).stream()
  t.match(await (await fetch(`${url}/`, { method: 'PUT', body: chunked, duplex: 'half' })).json(), {
    length: 200_000,
  })
  t.equal((await (await fetch(`${url}/big.php`)).text()).length, 5_000_000)
  t.equal(await (await fetch(`${url}/a.css`)).text(), 'a {}')
  t.equal((await fetch(`${url}/none.php`)).status, 404)
  return info
}

t.test('php-cgi is spawned, crashes alone, and ends with the server', async (t) => {
  const program = requireProgram(t, ['php-cgi'], 'apt-get install php-cgi')
  if (program === undefined) return
  for (const protocol of ['NamedPipe', 'Tcp']) {
    const options = { fullPath: program, maxInstances: 1, protocol }
    const server = await startServer(
      oneSite([{ path: '/', type: 'fastcgi', physicalPath: './php', options }]),
      FILES,
    )
    t.teardown(() => server.stop())
    const { pid } = await checkPhp(t, server.url, 'cgi-fcgi')
    t.equal((await fetch(`${server.url}/?do=crash`)).status, 502)
    const after = (await (await fetch(server.url)).json()) as Info
    t.not(after.pid, pid)
    await server.stop()
    t.throws(() => process.kill(after.pid, 0))
  }
})

/** A pool of php-fpm on a Unix socket in a folder of its own. */
const startFpm = async (t: Test, program: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'webgarden-fpm-'))
  const socket = join(folder, 'fpm.sock')
  const root = process.getuid?.() === 0
  await writeFile(
    join(folder, 'fpm.conf'),
    `[global]\nerror_log = ${folder}/log\ndaemonize = no\n[www]\nlisten = ${socket}\npm = static\npm.max_children = 3\n${root ? 'user = root\ngroup = root\n' : ''}`,
  )
  const args = [
    '--nodaemonize',
    '--fpm-config',
    join(folder, 'fpm.conf'),
    ...(root ? ['--allow-to-run-as-root'] : []),
  ]
  const child = spawn(program, args, { stdio: 'ignore' })
  t.teardown(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  for (let i = 0; i < 500 && !existsSync(socket); i++) await delay(20)
  return socket
}

const findFpm = async (): Promise<string[]> => {
  const names = await readdir('/usr/sbin').catch(() => [])
  return ['php-fpm', ...names.filter((name) => name.startsWith('php-fpm')).map((name) => `/usr/sbin/${name}`)]
}

t.test('php-fpm answers by its socket, with and without kept connections', async (t) => {
  const program = requireProgram(t, await findFpm(), 'apt-get install php-fpm')
  if (program === undefined) return
  const address = `unix:${await startFpm(t, program)}`
  const application = (path: string, keepConnections: number): Record<string, unknown> => ({
    path,
    type: 'fastcgi',
    physicalPath: './php',
    options: { address, keepConnections },
  })
  const server = await startServer(oneSite([application('/', 0), application('/kept', 1)]), FILES)
  t.teardown(() => server.stop())
  await checkPhp(t, server.url, 'fpm-fcgi')
  await checkPhp(t, `${server.url}/kept`, 'fpm-fcgi')
  t.equal((await fetch(`${server.url}/?do=log`)).status, 200)
  await server.printed(/printed: .*a complaint of PHP/)
  t.equal((await fetch(`${server.url}/?do=crash`)).status, 502)
  t.equal((await fetch(server.url)).status, 200)
})

const WIKI = '/usr/share/dokuwiki'

t.test('DokuWiki: the front page, the login form, a page saved and read back', async (t) => {
  const program = requireProgram(t, await findFpm(), 'apt-get install php-fpm php-xml dokuwiki')
  if (program === undefined) return
  if (!existsSync(WIKI)) {
    requireProgram(t, [`${WIKI}/doku.php`], 'apt-get install dokuwiki')
    return
  }
  const address = `unix:${await startFpm(t, program)}`
  const server = await startServer(
    oneSite([
      {
        path: '/wiki',
        type: 'fastcgi',
        physicalPath: './wiki',
        options: {
          address,
          defaultDocuments: ['doku.php'],
          hiddenSegments: ['data', 'conf', 'bin', 'inc', 'vendor'],
        },
      },
    ]),
    { 'wiki/.keep': '' },
  )
  t.teardown(() => server.stop())
  const wiki = join(server.folder, 'wiki')
  await cp(WIKI, wiki, { recursive: true, dereference: true })
  await rm(join(wiki, 'conf'), { recursive: true, force: true })
  await cp('/etc/dokuwiki', join(wiki, 'conf'), { recursive: true, dereference: true })
  const inside = [
    'pages',
    'attic',
    'media',
    'media_attic',
    'meta',
    'media_meta',
    'cache',
    'index',
    'locks',
    'tmp',
    'log',
  ]
  for (const name of inside) await mkdir(join(wiki, 'data', name), { recursive: true })
  await writeFile(
    join(wiki, 'conf/local.php'),
    `<?php $conf['title'] = 'Garden'; $conf['useacl'] = 1; $conf['savedir'] = '${wiki}/data'; $conf['superuser'] = '@admin';`,
  )
  await writeFile(join(wiki, 'conf/acl.auth.php'), '*\t@ALL\t8\n')
  await writeFile(join(wiki, 'conf/users.auth.php'), '')
  // What Debian has set up points out of this folder.
  await writeFile(
    join(wiki, 'inc/preload.php'),
    `<?php define('DOKU_CONF', '${wiki}/conf/'); define('DOKU_PLUGIN', '${wiki}/lib/plugins/');`,
  )
  const page = async (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}/wiki/${path}`, init)
  const front = await page('')
  t.equal(front.status, 200)
  t.match(await front.text(), /Garden/)
  const login = await (await page('doku.php?id=start&do=login')).text()
  t.match(login, /name="u"/)
  t.match(login, /type="password"/)
  const edit = await page('doku.php?id=garden&do=edit')
  const cookie = edit.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  const form = await edit.text()
  const valueOf = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(form)?.[1] ?? ''
  const saved = await page('doku.php?id=garden', {
    method: 'POST',
    headers: { cookie },
    redirect: 'manual',
    body: new URLSearchParams({
      id: 'garden',
      sectok: valueOf('sectok'),
      rev: valueOf('rev'),
      date: valueOf('date'),
      prefix: '.',
      suffix: '',
      wikitext: '====== Roses ======\nred and **thorny**',
      summary: 'created',
      'do[save]': '1',
    }),
  })
  t.equal(saved.status, 302)
  t.match(saved.headers.get('location'), /\/wiki\/doku\.php\?id=garden/)
  t.match(await (await page('doku.php?id=garden')).text(), /<strong>thorny<\/strong>/)
  t.equal((await page('conf/local.php')).status, 404)
  t.match((await page('lib/exe/css.php?t=dokuwiki')).headers.get('content-type'), /text\/css/)
})
