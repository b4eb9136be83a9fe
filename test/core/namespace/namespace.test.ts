/** Registrations and the order in which they are asked, and what a look-up costs. */
import t from 'tap'
import type { Application, Site } from '../../../core/namespace/application.js'
import { Namespace, NamespaceConflictError, type Registration } from '../../../core/namespace/namespace.js'
import { RequestQueue } from '../../../core/queue/request-queue.js'

let applications = 0
const siteOf = (name: string): Site => ({ id: 1, name, config: {} as Site['config'], port: 80 })
const applicationOf = (site: Site, path: string): Application => ({
  id: ++applications,
  site,
  path,
  config: {} as Application['config'],
  queue: new RequestQueue('pool', 1),
  filter: null,
})

/** `IP:port:host`, as in `bindingInformation`; IPv6 in brackets. */
const binding = (information: string): Registration => {
  const [, address = '', port, host = ''] = /^(.*):(\d+):(.*)$/.exec(information) ?? []
  return { address, port: Number(port), host }
}

/** Registers sites given as binding -> paths; each site is named like its binding. */
const namespaceOf = (sites: Record<string, string[]>): Namespace => {
  const namespace = new Namespace()
  for (const [information, paths] of Object.entries(sites)) {
    const site = siteOf(information)
    for (const path of paths) namespace.register(binding(information), site, path, applicationOf(site, path))
  }
  return namespace
}

const find = (namespace: Namespace, host: string, path = '/', address = '10.0.0.1', port = 80): string => {
  const { site, application } = namespace.find(address, port, host, path)
  return site ? `${site.name} ${application?.path ?? 'none'}` : 'no host'
}

t.test('asks exact hosts, wildcard hosts, addresses and the rest in this order', (t) => {
  const namespace = namespaceOf({
    '*:80:': ['/'],
    '10.0.0.1:80:': ['/'],
    '*:80:*.example.com': ['/'],
    '10.0.0.1:80:*.example.com': ['/'],
    '*:80:*.b.example.com': ['/'],
    '*:80:www.example.com': ['/'],
    '10.0.0.1:80:www.example.com': ['/'],
    '10.0.0.2:80:only.example.com': ['/'],
  })
  t.equal(find(namespace, 'www.example.com'), '10.0.0.1:80:www.example.com /')
  t.equal(find(namespace, 'www.example.com', '/', '10.0.0.3'), '*:80:www.example.com /')
  t.equal(find(namespace, 'a.b.example.com'), '*:80:*.b.example.com /', 'the longest suffix')
  t.equal(find(namespace, 'b.example.com'), '10.0.0.1:80:*.example.com /')
  t.equal(find(namespace, 'b.example.com', '/', '10.0.0.3'), '*:80:*.example.com /')
  t.equal(find(namespace, 'only.example.com', '/', '10.0.0.2'), '10.0.0.2:80:only.example.com /')
  t.equal(find(namespace, 'only.example.com'), '10.0.0.1:80:*.example.com /', 'bound to another address')
  t.equal(find(namespace, 'example.com'), '10.0.0.1:80: /', 'a wildcard stands for a label at least')
  t.equal(find(namespace, 'xexample.com'), '10.0.0.1:80: /', 'and for whole labels')
  t.equal(find(namespace, ''), '10.0.0.1:80: /')
  t.equal(find(namespace, '', '/', '10.0.0.3'), '*:80: /')
  t.equal(find(namespace, '', '/', '10.0.0.1', 81), 'no host')
  t.end()
})

t.test('ends the search with the first site that has the host, whatever its paths', (t) => {
  const namespace = namespaceOf({ '*:80:a': ['/x'], '*:80:': ['/', '/y'] })
  t.equal(find(namespace, 'a', '/x'), '*:80:a /x')
  t.equal(find(namespace, 'a', '/y'), '*:80:a none')
  t.equal(find(namespace, 'a'), '*:80:a none')
  t.equal(find(namespace, 'b', '/y'), '*:80: /y')
  t.end()
})

t.test('says that no site has the host', (t) => {
  const namespace = namespaceOf({ '*:80:a': ['/'], '10.0.0.2:80:': ['/'] })
  t.equal(find(namespace, 'b'), 'no host')
  t.equal(find(namespace, ''), 'no host')
  t.equal(find(namespace, 'b', '/', '10.0.0.2'), '10.0.0.2:80: /')
  t.end()
})

t.test('takes the longest path made of whole segments, in any case', (t) => {
  const namespace = namespaceOf({ '*:80:': ['/', '/shop', '/Shop/Admin', '/a/b/c', '/ünï'] })
  const paths: Record<string, string> = {
    '/': '/',
    '*': '/',
    '/shop': '/shop',
    '/shop/': '/shop',
    '/SHOP/x': '/shop',
    '/shopping': '/',
    '/shop%2Fadmin': '/',
    '/shop/admin': '/Shop/Admin',
    '/shop/ADMIN/x/y/z': '/Shop/Admin',
    '/shop/adm': '/shop',
    '/a': '/',
    '/a/b': '/',
    '/a/b/c': '/a/b/c',
    '/a/b/c/d/e': '/a/b/c',
    '/a/b/cd': '/',
    '/ÜNÏ/x': '/ünï',
  }
  for (const [path, expected] of Object.entries(paths))
    t.equal(find(namespace, '', path), `*:80: ${expected}`, path)
  t.end()
})

t.test('takes an IPv4-mapped IPv6 address for its IPv4 address, and IPv6 in any spelling', (t) => {
  const namespace = namespaceOf({
    '127.0.0.1:80:': ['/'],
    '[2001:DB8:0::1]:80:': ['/'],
    '[::ffff:10.0.0.9]:80:': ['/'],
  })
  t.equal(find(namespace, 'x', '/', '::ffff:127.0.0.1'), '127.0.0.1:80: /')
  t.equal(find(namespace, 'x', '/', '2001:db8::1'), '[2001:DB8:0::1]:80: /')
  t.equal(find(namespace, 'x', '/', '10.0.0.9'), '[::ffff:10.0.0.9]:80: /')
  t.equal(find(namespace, 'x', '/', '::ffff:10.0.0.9'), '[::ffff:10.0.0.9]:80: /')
  t.equal(find(namespace, 'x', '/', '::ffff:127.0.0.2'), 'no host')
  t.end()
})

t.test('takes a binding of all addresses, and a host that ends in a dot, in any spelling', (t) => {
  for (const address of ['*', '', '0.0.0.0', '[::]']) {
    const namespace = namespaceOf({ [`${address}:80:WWW.Example.com.`]: ['/'] })
    t.not(find(namespace, 'www.example.com'), 'no host', address)
  }
  t.end()
})

t.test('refuses to give one place to two', (t) => {
  const namespace = namespaceOf({ '*:80:a': ['/', '/x'] })
  const { site } = namespace.find('', 80, 'a', '/')
  const other = siteOf('other')
  const register = (information: string, to: Site | null, path: string) => () => {
    if (to) namespace.register(binding(information), to, path, applicationOf(to, path))
  }
  t.throws(register('*:80:a', site, '/X/'), NamespaceConflictError, 'the same path of the same site')
  t.throws(register('*:80:A', other, '/y'), NamespaceConflictError, 'another path of another site')
  t.throws(register('*:80:a', other, '/'), /\*:80:a with path \/ belongs to site "\*:80:a" already; give one/)
  t.equal(find(namespace, 'a', '/y'), '*:80:a /', 'nothing was changed')
  register('10.0.0.1:80:a', other, '/')()
  register('*:81:a', other, '/')()
  t.equal(find(namespace, 'a'), 'other /', 'another binding is another place')
  t.end()
})

t.test('forgets what is unregistered', (t) => {
  const namespace = namespaceOf({
    '*:80:a': ['/', '/x/y'],
    '10.0.0.1:80:a': ['/'],
    '*:80:*.b': ['/'],
    '*:81:': ['/'],
  })
  t.ok(namespace.unregister(binding('10.0.0.1:80:a'), '/'))
  t.equal(find(namespace, 'a'), '*:80:a /')
  t.ok(namespace.unregister(binding('*:80:a'), '/'))
  t.equal(find(namespace, 'a'), '*:80:a none')
  t.equal(find(namespace, 'a', '/x/y/z'), '*:80:a /x/y')
  t.ok(namespace.unregister(binding('*:80:A'), '/X/Y'))
  t.equal(find(namespace, 'a', '/x/y'), 'no host')
  t.ok(namespace.unregister(binding('*:80:*.b'), '/'))
  t.equal(find(namespace, 'a.b'), 'no host')
  t.ok(namespace.unregister(binding('*:81:'), '/'))
  for (const information of ['*:80:a', '10.0.0.1:80:a', '*:80:*.b', '*:81:', '*:82:', '10.0.0.1:81:']) {
    t.notOk(namespace.unregister(binding(information), '/'), `${information} is gone`)
  }
  const again = siteOf('again')
  namespace.register(binding('*:80:a'), again, '/', applicationOf(again, '/'))
  t.equal(find(namespace, 'a'), 'again /', 'the place is free for another site')
  t.end()
})

/** Look-ups in Maps while `action` runs. */
const countLookUps = (action: () => void): number => {
  const original = Map.prototype.get
  let count = 0
  Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown): unknown {
    count++
    return original.call(this, key) as unknown
  }
  try {
    action()
  } finally {
    Map.prototype.get = original
  }
  return count
}

t.test('needs as many look-ups among 1,000 sites of 10 applications as with one', (t) => {
  const paths = ['/', ...Array.from({ length: 9 }, (_, index) => `/app${index}`)]
  const one = namespaceOf({ '*:80:s500.example.com': paths.slice(0, 2) })
  const many = namespaceOf(
    Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`*:80:s${index}.example.com`, paths])),
  )
  const cost = (namespace: Namespace, path: string): number =>
    countLookUps(() => {
      namespace.find('10.0.0.1', 80, 's500.example.com', path)
    })
  t.equal(find(many, 's500.example.com', '/app0/x'), '*:80:s500.example.com /app0')
  t.equal(cost(one, '/app0/x'), 3, 'port, host, path')
  t.equal(cost(many, '/app0/x'), 3)
  t.equal(cost(many, '/x'.repeat(200)), 3, 'nor does it grow with the length of the path')
  t.equal(cost(namespaceOf({ '*:80:s500.example.com': ['/'] }), '/x/y'), 2, 'a root alone is not looked for')
  t.end()
})

t.test('answers with the same object each time', (t) => {
  const namespace = namespaceOf({ '*:80:': ['/', '/a'] })
  t.equal(namespace.find('', 80, '', '/a/x'), namespace.find('', 80, 'h', '/a'))
  t.equal(namespace.find('', 81, '', '/'), namespace.find('', 82, '', '/'))
  t.end()
})
