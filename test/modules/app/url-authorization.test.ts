/** Rules of authorisation: who may ask for what. */
import t from 'tap'
import type { HttpContext, RequestModule, User, WorkerScope } from '../../../core/index.js'
import module from '../../../modules/app/url-authorization.js'
import { cleanUrl, pathPattern, urlOf } from '../../../modules/app/url.js'
import { completed } from './completed.js'

const ANN: User = { name: 'Ann', type: 'Basic', roles: ['Editors'] }

const decided = (add: readonly object[], user: User | null, path = '/', method = 'GET'): string => {
  const set = module.setup({} as WorkerScope, completed(module, { add })) as RequestModule
  let answer = ''
  const ctx = {
    ...{ user, path, request: { method, url: path } },
    trace: () => undefined,
    sendError: (status: number, subStatus: number) => (answer = `${status}.${subStatus}`),
  } as unknown as HttpContext
  const outcome = set.authorize?.(ctx)
  return outcome === 'CONTINUE' ? 'allowed' : answer
}

t.test('Deny comes before Allow, whatever the order, and whom none names may not', async (t) => {
  const rules = [
    { accessType: 'Allow', users: 'ann, bob' },
    { accessType: 'Deny', users: 'bob' },
  ]
  t.equal(decided(rules, ANN), 'allowed', 'names in any letter case')
  t.equal(decided(rules, { ...ANN, name: 'bob' }), '403.0')
  t.equal(decided(rules, { ...ANN, name: 'eve' }), '403.0')
  t.equal(decided(rules, null), '401.2')
  t.equal(decided(rules, { name: '', type: 'Anonymous' }), '401.2')
})

t.test('everybody, nobody, roles, verbs and paths', async (t) => {
  t.equal(decided([{ accessType: 'Allow', users: '?' }], null), 'allowed')
  t.equal(decided([{ accessType: 'Allow', users: '?' }], ANN), '403.0')
  t.equal(decided([{ accessType: 'Allow', roles: 'editors' }], ANN), 'allowed')
  const writing = [
    { accessType: 'Allow', users: '*' },
    { accessType: 'Deny', users: '*', verbs: 'put,DELETE', path: '/docs/*' },
  ]
  t.equal(decided(writing, ANN, '/docs/x'), 'allowed')
  t.equal(decided(writing, ANN, '/docs/x', 'DELETE'), '403.0')
  t.equal(decided(writing, ANN, '/DOCS', 'DELETE'), '403.0')
  t.equal(decided(writing, ANN, '/docs2', 'DELETE'), 'allowed')
  t.equal(decided(writing, ANN, '/docs/%ff', 'DELETE'), '400.0', 'a path that cannot be decoded fits no rule')
})

t.test('path patterns', async (t) => {
  const fits = (pattern: string, path: string): boolean => pathPattern(pattern)(path)
  t.ok(fits('*', '/x'))
  t.ok(fits('*.php, *.asp', '/a/b.ASP'))
  t.ok(fits('file.*', '/a/file.txt'))
  t.notOk(fits('/a', '/a/b'))
  t.ok(fits('/a/*', '/a'))
  t.notOk(fits('', '/'))
})

t.test('what goes into a URL is encoded, and ends no header line', async (t) => {
  t.equal(urlOf('/a b/ü', 'x=1'), '/a%20b/%C3%BC?x=1')
  t.equal(cleanUrl('/a\r\nSet-Cookie: x/ü%41%zz'), '/a%0D%0ASet-Cookie:%20x/%C3%BC%41%25zz')
  t.equal(cleanUrl('/\ud800'), '/%EF%BF%BD')
})
