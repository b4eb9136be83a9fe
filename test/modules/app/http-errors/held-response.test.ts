/** Error answers that are held back until it is known whether another page takes their place. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { pageChooser } from '../../../../modules/app/http-errors/choose.js'
import type { HttpErrorsOptions } from '../../../../modules/app/http-errors/options.js'
import { HeldResponse } from '../../../../modules/app/http-errors/held-response.js'

/** What a client gets of `application`, where errors for which `replace` says so are answered with `page`. */
const answered = async (
  t: Test,
  application: (response: ServerResponse) => void,
  replace: (hasBody: boolean) => boolean = () => true,
): Promise<{ status: number; text: string; header: string | null }> => {
  const server = createServer((_request, response) => {
    const held: HeldResponse = new HeldResponse(response, (hasBody) => {
      if (!replace(hasBody)) return false
      held.answer('page', false)
      return true
    })
    application(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`)
  return { status: response.status, text: await response.text(), header: response.headers.get('x-own') }
}

t.test('an error is replaced, however it is written', async (t) => {
  const page = { status: 404, text: 'page' }
  const fail = (response: ServerResponse): ServerResponse => {
    response.statusCode = 404
    return response
  }
  t.match(await answered(t, (response) => fail(response).end()), page)
  t.match(await answered(t, (response) => fail(response).end('own')), page)
  t.match(await answered(t, (response) => response.writeHead(404, { 'X-Own': '1' }).end('own')), {
    ...page,
    header: '1',
  })
  t.match(await answered(t, (response) => response.writeHead(404, 'Gone', ['X-Own', '1']).end()), {
    ...page,
    header: '1',
  })
  t.match(
    await answered(t, (response) => {
      fail(response).write('one')
      response.write('two', () => response.end())
    }),
    page,
    'the callbacks of what is swallowed are called',
  )
})

t.test('an error that is to stay stays, with all that it said', async (t) => {
  const own = { status: 404, text: 'own', header: '1' }
  const keep = (hasBody: boolean): boolean => !hasBody
  t.match(await answered(t, (response) => response.writeHead(404, { 'X-Own': '1' }).end('own'), keep), own)
  t.match(
    await answered(
      t,
      (response) => {
        response.writeHead(404, { 'X-Own': '1' })
        response.flushHeaders()
        response.end('own')
      },
      () => true,
    ),
    own,
    'a head that was sent first is the answer',
  )
  t.match(await answered(t, (response) => response.writeHead(200).end('fine')), { status: 200, text: 'fine' })
})

t.test('the entry for a sub-status counts before that for all', async (t) => {
  const error = (subStatusCode: number, path: string) => ({
    ...{ statusCode: 404, responseMode: 'File' as const },
    ...{ subStatusCode, path },
  })
  const options: HttpErrorsOptions = {
    errorMode: 'Custom',
    existingResponse: 'Auto',
    directory: '.',
    defaultPath: '',
    defaultResponseMode: 'File',
    error: [error(-1, 'any'), error(3, 'three')],
  }
  const choose = pageChooser(options)
  t.equal(choose(404, 3)?.path, 'three')
  t.equal(choose(404, 0)?.path, 'any')
  t.equal(choose(500, 0), null)
  t.equal(pageChooser({ ...options, defaultPath: 'all' })(500, 0)?.path, 'all')
  t.throws(
    () => pageChooser({ ...options, defaultPath: 'no', defaultResponseMode: 'ExecuteURL' }),
    /ExecuteURL needs a path of this application/,
  )
})
