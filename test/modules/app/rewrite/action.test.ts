/** Where redirects lead: never to a server that the client has chosen. */
import t from 'tap'
import type { HttpContext } from '../../../../core/index.js'
import { actionOf } from '../../../../modules/app/rewrite/action.js'
import type { ActionOptions } from '../../../../modules/app/rewrite/options.js'

const redirected = (url: string, groups: readonly string[], mount = ''): string => {
  const action: ActionOptions = {
    ...{ type: 'Redirect', appendQueryString: true, logRewrittenUrl: false, redirectType: 'Found' },
    ...{ statusCode: 200, subStatusCode: 0, statusReason: '', statusDescription: '' },
    url,
  }
  let location = ''
  const response = {
    setHeader: (name: string, value: string) => {
      if (name === 'Location') location = value
    },
    end: () => undefined,
  }
  const ctx = { response, application: { mount }, query: 'q=1' } as unknown as HttpContext
  const variable = (name: string): string | undefined => ({ URL: '//evil.example/x' })[name]
  actionOf(action, new Map())(ctx, { rule: groups, conditions: [], variable })
  return location
}

t.test('paths are those of the application, unless they begin with a slash', async (t) => {
  t.equal(redirected('new/{R:1}', ['', 'a b'], '/shop'), '/shop/new/a%20b?q=1')
  t.equal(redirected('/new?x', [], '/shop'), '/new?x&q=1')
  t.equal(redirected('https://example.org/{R:1}', ['', 'x']), 'https://example.org/x?q=1')
})

t.test('no reference becomes the name of a server, or another header line', async (t) => {
  t.equal(redirected('{R:1}', ['', 'https:/evil.example']), '/https:/evil.example?q=1')
  t.equal(redirected('/{R:1}', ['', '/evil.example']), '/evil.example?q=1')
  t.equal(redirected('{URL}', []), '/evil.example/x?q=1')
  t.equal(redirected('/{R:1}', ['', 'x\r\nSet-Cookie: a']), '/x%0D%0ASet-Cookie:%20a?q=1')
})
