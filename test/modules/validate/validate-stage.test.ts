/** The stage as a whole: what of a request reaches the stages behind it. */
import t from 'tap'
import stage, { validate, type Request } from '../../../modules/validate/validate-stage.js'

const rules = {
  maxFieldLength: 16_384,
  maxRequestBytes: 16_384,
  urlSegmentMaxLength: 260,
  urlSegmentMaxCount: 255,
  allowRestrictedChars: false,
  allowDoubleEscaping: false,
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const request = (target: string, overrides: Partial<Mutable<Request>> = {}): Request => ({
  method: 'GET',
  target,
  httpVersion: '1.1',
  rawHeaders: ['Host', 'Example.com:8080'],
  host: '',
  path: '',
  query: '',
  url: '',
  ...overrides,
})

const read = (target: string, overrides?: Partial<Mutable<Request>>): Request => {
  const ctx = request(target, overrides)
  validate(ctx, rules)
  return ctx
}

t.test('fills in host, path, query and URL', (t) => {
  t.match(read('/'), { host: 'example.com', path: '/', query: '', url: '/' })
  t.match(read('/a/b?c=d?e'), { host: 'example.com', path: '/a/b', query: 'c=d?e', url: '/a/b?c=d?e' })
  t.match(read('/a?'), { path: '/a', query: '', url: '/a?' })
  t.match(read('/%61/../b//c?d'), { path: '/b/c', query: 'd', url: '/b//c?d' })
  t.match(read('*', { method: 'OPTIONS' }), { host: 'example.com', path: '*', url: '*' })
  t.end()
})

t.test('goes by the host of an absolute target and shows the application no other', (t) => {
  const ctx = read('http://Other.example:81/a?b', { rawHeaders: ['A', 'b', 'Host', 'example.com'] })
  t.match(ctx, { host: 'other.example', path: '/a', query: 'b', url: '/a?b' })
  t.same(ctx.rawHeaders, ['A', 'b', 'Host', 'Other.example:81'])
  t.equal(ctx.target, 'http://Other.example:81/a?b')
  t.match(read('http://h/', { httpVersion: '1.0', rawHeaders: [] }), { host: 'h', rawHeaders: [] })
  t.end()
})

t.test('wants exactly one valid Host, or none in HTTP/1.0', (t) => {
  t.match(read('/', { httpVersion: '1.0', rawHeaders: [] }), { host: '', path: '/' })
  for (const rawHeaders of [[], ['Host', ''], ['Host', 'a b'], ['Host', 'a', 'Host', 'a']]) {
    t.throws(() => read('/', { rawHeaders }), { code: 'BAD_HOST' }, rawHeaders.join())
    t.throws(
      () => read('http://h/', { rawHeaders }),
      { code: 'BAD_HOST' },
      'an absolute target does not replace it',
    )
  }
  t.throws(() => read('http://user@h/'), { code: 'BAD_HOST' })
  t.end()
})

t.test('refuses other versions, CONNECT and targets that are too long', (t) => {
  t.doesNotThrow(() => read('/', { httpVersion: '2.0' }))
  t.throws(() => read('/', { httpVersion: '0.9' as '1.0' }), { code: 'BAD_VERSION' })
  t.throws(() => read('example.com:443', { method: 'CONNECT' }), { code: 'BAD_VERB' })
  t.throws(() => read(`/${'a'.repeat(16_384)}`), { code: 'URL_TOO_LONG' })
  t.throws(() => read(`/?${'a'.repeat(16_360)}`), { code: 'REQUEST_TOO_LONG' })
  t.throws(() => read(`/${'a'.repeat(261)}`), { code: 'BAD_URL' })
  t.end()
})

t.test('is a stage of slot validate that takes a limit of 0 for none', async (t) => {
  t.equal(stage.kind, 'stage')
  t.same(stage.slots, ['validate'])
  const webLimits = { ...rules, urlSegmentMaxLength: 0, urlSegmentMaxCount: 0 }
  const made = await stage.setup(
    { config: { webLimits, sites: [] as unknown } } as Parameters<typeof stage.setup>[0],
    {},
  )
  const ctx = request(`/${'a'.repeat(300)}${'/b'.repeat(300)}`)
  t.equal(made.run(ctx as Parameters<typeof made.run>[0]), 'CONTINUE')
  t.equal(ctx.path, ctx.target)
})

t.test('the list of headers, which other requests may share, is not changed', (t) => {
  const rawHeaders = ['Host', 'other.example']
  const ctx = read('http://example.com/x', { rawHeaders })
  t.same(ctx.rawHeaders, ['Host', 'example.com'])
  t.same(rawHeaders, ['Host', 'other.example'])
  t.end()
})
