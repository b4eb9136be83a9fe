/** The filters of the examples, as their authors test them. */
import t from 'tap'
import { tryExtension } from '../../hosts/testing/index.js'
import authentication from '../../plugins-example/filter-authentication/filter-authentication.js'
import headers from '../../plugins-example/filter-headers/filter-headers.js'

const application = (
  request: { url?: string; headers: object },
  response: { end(text: string): void },
): void => {
  response.end(JSON.stringify([request.url, (request.headers as Record<string, string>)['x-user']]))
}

t.test('a token opens the door, and its owner is told to the application', async (t) => {
  const trial = await tryExtension(authentication, { application, options: { tokens: { s3cret: 'ann' } } })
  t.teardown(() => trial.close())
  const refused = await trial.fetch('/x', { headers: { 'X-User': 'root' } })
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('www-authenticate'), 'Bearer')
  t.equal(await refused.text(), 'A token is needed.\n')
  const known = await trial.fetch('/x', { headers: { Authorization: 'Bearer s3cret', 'X-User': 'root' } })
  t.same(await known.json(), ['/x', 'ann'])
})

t.test('URLs and fields are rewritten', async (t) => {
  const options = { from: '/old/', to: '/new/', remove: ['X-Powered-By'], add: { 'X-Frame-Options': 'DENY' } }
  const trial = await tryExtension(headers, { application, options })
  t.teardown(() => trial.close())
  const response = await trial.fetch('/old/page?x=1')
  t.match(await response.json(), ['/new/page?x=1'])
  t.equal(response.headers.get('x-frame-options'), 'DENY')
})
