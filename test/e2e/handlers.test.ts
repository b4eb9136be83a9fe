/** Handlers over a real socket, in threads and in processes: the whole control block, child requests, files, and faults. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { TestServer } from '../harness/server.js'
import { get, rawClient } from '../harness/raw-client.js'
import { BIG, startKit } from './handler-kit.js'

for (const isolation of ['thread', 'process']) {
  t.test(isolation, async (t) => {
    const server = await startKit(isolation, {
      processModel: { pingInterval: '1s', pingResponseTime: '1500ms', shutdownTimeLimit: '1s' },
      failure: { inFlight: '502' },
    })
    t.teardown(() => server.stop())
    await makeBig(join(server.folder, 'big.bin'))
    const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(server.url + path, init)
    const json = async (path: string, init: RequestInit = {}): Promise<Record<string, unknown>> =>
      (await (await ask(path, init)).json()) as Record<string, unknown>

    await t.test('the control block tells the request', async (t) => {
      const response = await ask('/facts.kit/more/of%20it?a=1', {
        method: 'PUT',
        body: 'abc',
        headers: { 'Content-Type': 'text/x' },
      })
      t.equal(response.headers.get('x-a'), '1, 2')
      t.match(await response.json(), {
        connId: true,
        options: { greeting: 'good day' },
        method: 'PUT',
        queryString: 'a=1',
        pathInfo: '/more/of it',
        pathTranslated: join(server.folder, 'more/of it'),
        contentType: 'text/x',
        totalBytes: 3,
        connected: true,
        keep: true,
        cert: null,
        normal: '/b c',
        path: join(server.folder, 'x/y.txt'),
        ex: { path: join(server.folder, 'x'), access: ['Read', 'Script'], matchingUrl: 0 },
        status: true,
        aborted: false,
      })
      t.match(
        await json('/shop/facts.kit/x'),
        { pathInfo: '/shop/facts.kit/x' },
        'without allowPathInfo it is the whole URL',
      )
      t.match(
        await json('/shop/facts.kit', { method: 'POST' }),
        { method: 'POST', url: '/facts.kit' },
        'the verb is not mapped',
      )
    })

    await t.test('server variables', async (t) => {
      const names =
        'PATH_INFO,SCRIPT_NAME,PATH_TRANSLATED,SCRIPT_TRANSLATED,URL,ALL_RAW,ALL_HTTP,HTTP_X_ONE,HEADER_X_Two,UNICODE_URL,HTTP_NONE,NOTHING,AUTH_USER,SERVER_SOFTWARE,INSTANCE_META_PATH,HTTPS,CERT_FLAGS'
      const found = await json(`/shop/variables.kit?${names}`, { headers: { 'X-One': '1', X_Two: '2' } })
      t.match(found, {
        PATH_INFO: '/shop/variables.kit',
        SCRIPT_NAME: '/shop/variables.kit',
        PATH_TRANSLATED: join(server.folder, 'variables.kit'),
        SCRIPT_TRANSLATED: join(server.folder, 'variables.kit'),
        URL: '/shop/variables.kit',
        ALL_RAW: /x-one: 1\r\n/i,
        ALL_HTTP: /HTTP_X_ONE:1\n/,
        HTTP_X_ONE: '1',
        HEADER_X_Two: '2',
        UNICODE_URL: '/shop/variables.kit',
        HTTP_NONE: null,
        NOTHING: null,
        AUTH_USER: '',
        SERVER_SOFTWARE: /^webgarden\//,
        INSTANCE_META_PATH: '/LM/W3SVC/1',
        HTTPS: 'off',
        CERT_FLAGS: '',
      })
      const mapped = await json('/variables.kit/b?PATH_INFO,SCRIPT_NAME,PATH_TRANSLATED,SCRIPT_FILENAME')
      t.same(mapped, {
        PATH_INFO: '/b',
        SCRIPT_NAME: '/variables.kit',
        PATH_TRANSLATED: join(server.folder, 'b'),
        SCRIPT_FILENAME: join(server.folder, 'variables.kit'),
      })
    })

    await t.test('bodies are read and written piece by piece', async (t) => {
      const body = 'a body of more than ten bytes'
      t.equal(await (await ask('/echo.kit', { method: 'POST', body })).text(), body)
      t.equal(await (await ask('/stream.kit', { method: 'POST', body })).text(), body)
      t.same(await json('/async-read.kit', { method: 'POST', body }), { error: null, text: body })
      const waiting = await rawClient(server.port)
      waiting.send('POST /cancel.kit HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n')
      await waiting.until(/ABORT_ERR/)
      waiting.socket.destroy()
      t.match(await json('/facts.kit', { method: 'POST', body: slowly(), duplex: 'half' }), {
        totalBytes: null,
      })
      const large = await json('/slow-read.kit', { method: 'POST', body: new Uint8Array(8 * 1024 * 1024) })
      t.equal(large.total, large.expected)
      t.ok(Number(large.here) <= 1024 * 1024, 'what is not read waits with the client')
      t.equal((await ask('/part-read.kit', { method: 'POST', body: new Uint8Array(2_000_000) })).status, 413)
      const client = await rawClient(server.port)
      client.send('POST /echo.kit HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
      await client.until(/^HTTP\/1\.1 100/)
      client.send('hi')
      await client.until(/hi\r\n/)
      client.socket.destroy()
    })

    await t.test('headers, redirects, errors, log', async (t) => {
      const odd = await ask('/header.kit')
      t.match(
        [odd.status, odd.statusText, odd.headers.get('x-two'), odd.headers.get('connection')],
        [299, 'Odd', 'a, b', 'close'],
      )
      const redirect = await ask('/redirect.kit', { redirect: 'manual' })
      t.match([redirect.status, redirect.headers.get('location')], [307, '/elsewhere'])
      const missing = await ask('/error.kit')
      t.equal(missing.status, 404)
      t.match(await missing.text(), /404\.3 - Not Found[\s\S]*only here/)
      t.equal((await ask('/status.kit')).status, 202)
      t.equal((await ask('/late-status.kit')).status, 200)
      t.equal((await ask('/keep.kit')).status, 200)
      t.equal((await ask('/write')).status, 403, 'the access policy does not allow it')
      await logged(
        t,
        server,
        / GET \/error\.kit - .* 404 3 /,
        / GET \/status\.kit kit=log&more .* 202 /,
        / GET \/late-status\.kit .* 418 /,
        / GET \/write .* 403 3 /,
      )
    })

    await t.test('a handler that throws is 500 with its stack, and the others go on', async (t) => {
      const thrown = await ask('/throw.kit')
      t.equal(thrown.status, 500)
      t.match(await thrown.text(), /500 - Internal[\s\S]*thrown on purpose[\s\S]*kit\.mjs/)
      await server.printed(/Handler "Kit" of application "Test\/" failed in execute/)
      await t.rejects(
        ask('/reject.kit').then((response) => response.text()),
        'a response that has begun is cut',
      )
      t.equal((await ask('/answers-error.kit')).status, 500)
      t.match(await (await ask('/nonsense.kit')).text(), /A handler answers SUCCESS/)
      t.equal((await ask('/keep.kit')).status, 200)
    })

    await t.test('files', async (t) => {
      const whole = await ask('/file.kit')
      t.match(
        [whole.status, whole.headers.get('content-length'), whole.headers.get('cache-control')],
        [200, String(BIG), 'no-store'],
      )
      let bytes = 0
      for await (const chunk of whole.body ?? []) bytes += (chunk as Uint8Array).length
      t.equal(bytes, BIG)
      const part = await ask('/file.kit', { headers: { Range: `bytes=100-${BIG - 101}` } })
      t.equal(part.status, 206)
      const reader = part.body?.getReader()
      await reader?.read()
      const taken = await json('/taken.kit')
      t.ok(
        Number(taken.bytes) < BIG / 2,
        `what a client does not read is not read from the disk: ${String(taken.bytes)}`,
      )
      await reader?.cancel()
      const last = await ask('/file.kit', { headers: { Range: 'bytes=-3' } })
      t.match(
        [last.status, last.headers.get('content-range'), await last.text()],
        [206, `bytes ${BIG - 3}-${BIG - 1}/${BIG}`, 'xyz'],
      )
      const unsatisfiable = await ask('/file.kit', { headers: { Range: `bytes=${BIG}-` } })
      t.match([unsatisfiable.status, unsatisfiable.headers.get('content-range')], [416, `bytes */${BIG}`])
      const head = await ask('/file.kit', { method: 'HEAD' })
      t.match([head.status, head.headers.get('content-length')], [200, String(BIG)])
      const etag = head.headers.get('etag') ?? ''
      const again = await rawClient(server.port)
      again.send(get('/file.kit', { 'If-None-Match': etag }))
      await again.until(/^HTTP\/1.1 304 /)
      again.socket.destroy()
      const slice = await ask('/slice.kit')
      t.match([slice.status, slice.headers.get('content-length'), await slice.text()], [203, '6', '<5678>'])
      t.equal((await ask('/slice.kit?close')).headers.get('connection'), 'close')
      t.equal((await ask('/nofile.kit')).status, 404)
      t.equal(await (await ask('/vector.kit')).text(), 'one two 12')
      t.equal(await (await ask('/gather.kit')).text(), '01234 false true')
    })

    await t.test('the connection is the handler’s to close, and the client’s to leave', async (t) => {
      const closed = await rawClient(server.port)
      closed.send(get('/close.kit'))
      t.match((await closed.ended()).text, /last words/)
      const cut = await rawClient(server.port)
      cut.send(get('/abort.kit'))
      t.equal((await cut.ended()).text, '')
      const leaving = await rawClient(server.port)
      leaving.send(get('/endless.kit'))
      await leaving.until(/200 OK/)
      leaving.socket.destroy()
      t.same(await json('/gone.kit'), { code: 'ECONNRESET', connected: false, aborted: true })
    })

    await t.test('child requests', async (t) => {
      const child = await ask('/exec.kit')
      t.equal(child.headers.get('x-wild'), '/app', 'they pass the mappings like any other')
      t.match(await child.json(), {
        method: 'POST',
        url: '/app?from=kit',
        child: 'yes',
        body: 'body',
        AUTH_USER: 'kid',
        AUTH_TYPE: 'Kit',
        PATH_INFO: '/app',
      })
      const bare = await ask('/exec-bare.kit', { headers: { Range: 'bytes=0-1' } })
      t.match([bare.headers.get('x-mine'), bare.headers.get('x-app')], ['stays', null])
      t.notOk('range' in ((await bare.json()) as object))
      t.match(await json('/gone.kit'), { status: { status: 200 }, again: { status: 200 } })
      t.equal((await ask('/exec-error.kit')).status, 404)
      const loop = await ask('/loop.kit')
      t.equal(loop.status, 500)
      t.match(await loop.text(), /leads to itself/)
      t.match(await json('/unwaited.kit'), { url: '/app' }, 'one that is not waited for answers all the same')
    })

    await t.test('a wildcard handler is a filter', async (t) => {
      const passed = await ask('/wild/deep/x?y', { method: 'POST', body: 'through' })
      t.equal(passed.headers.get('x-wild'), '/wild/deep/x')
      t.match(await passed.json(), { method: 'POST', url: '/wild/deep/x?y', body: 'through' })
      const kit = await json('/wild/facts.kit', { headers: { 'X-Refuse': '1' } }).catch(() => null)
      t.equal(kit, null, 'it refuses in front of another mapping')
      const refused = await ask('/wild/x', { headers: { 'X-Refuse': '1' } })
      t.equal(refused.status, 403)
      t.match(await refused.text(), /403\.6/)
      t.equal((await ask('/page.html')).headers.get('x-wild'), '/page.html')
    })

    await t.test(
      'a handler is an application’s module; wrong options are an application’s failure',
      async (t) => {
        t.equal(await (await ask('/whole/a/b')).text(), 'whole /whole/a/b')
        t.equal((await ask('/wrong')).status, 503)
        await server.printed(/kit\.mjs: \/options\/greting: /)
      },
    )

    await t.test('a crash or a hang costs its pool only', async (t) => {
      for (const deed of ['crash', 'hang']) {
        const failing = ask(`/trouble/?${deed}`)
        t.equal((await ask('/keep.kit')).status, 200, `${deed}: the others are served meanwhile`)
        t.equal((await failing).status, 502)
        t.equal(await (await ask('/trouble/')).text(), 'calm')
      }
    })

    await t.test('one that reports itself unhealthy is replaced', async (t) => {
      await ask('/unhealthy.kit')
      await server.printed(/reported itself unhealthy; it said why: kit is tired/)
      await server.printed(/the kit is unloaded/)
      t.match(
        await json('/facts.kit'),
        { loaded: 3 },
        'a new worker has loaded it anew, once for each mapping',
      )
    })
  })
}

/** Digits in turn; `xyz` at its end. */
const makeBig = async (path: string): Promise<void> => {
  const file = createWriteStream(path)
  const digits = Buffer.from('0123456789'.repeat(104_858).slice(0, 1_048_576))
  for (let i = 0; i < BIG / digits.length - 1; i++) if (!file.write(digits)) await once(file, 'drain')
  file.end(Buffer.concat([digits.subarray(3), Buffer.from('xyz')]))
  await once(file, 'close')
}

/** A body that is never complete before its answer. */
const slowly = (): ReadableStream =>
  new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      controller.enqueue(new Uint8Array(1))
      controller.close()
    },
  })

const logged = async (t: Test, server: TestServer, ...patterns: RegExp[]): Promise<void> => {
  const folder = join(server.folder, 'logs/W3SVC1')
  const text = async (): Promise<string> => {
    const [name] = await readdir(folder).catch(() => [])
    return name === undefined ? '' : readFile(join(folder, name), 'utf8')
  }
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    const found = await text()
    if (patterns.every((pattern) => pattern.test(found))) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const found = await text()
  for (const pattern of patterns) t.match(found, pattern)
}
