/** Host names, IPv6 literals and ports, and what only looks like them. */
import t from 'tap'
import { readHost } from '../../../modules/validate/host.js'

t.test('gives the host in lower case and without port', (t) => {
  const hosts: Record<string, string> = {
    x: 'x',
    localhost: 'localhost',
    'WWW.Example.COM': 'www.example.com',
    'Example.com:8080': 'example.com',
    'example.com:': 'example.com',
    'example.com:65535': 'example.com',
    'example.com:00080': 'example.com',
    'example.com.': 'example.com',
    'example.com.:80': 'example.com',
    'a_b-c~d.e': 'a_b-c~d.e',
    '127.0.0.1:80': '127.0.0.1',
    '[::1]': '[::1]',
    '[::1]:8080': '[::1]',
    '[2001:DB8::1]:': '[2001:db8::1]',
    '[0:0::0:1]:80': '[::1]',
    '[::ffff:127.0.0.1]': '[::ffff:7f00:1]',
  }
  for (const [authority, host] of Object.entries(hosts)) t.equal(readHost(authority), host, authority)
  t.end()
})

t.test('refuses what is no host', (t) => {
  for (const authority of [
    ...[
      '',
      ':',
      ':80',
      '.',
      '..',
      '.a',
      'a..b',
      'a..',
      'a b',
      'a,b',
      'a/b',
      'a\\b',
      'a?b',
      'a#b',
      'user@a',
      'a@b:80',
    ],
    ...[
      'a%41',
      'a*',
      '*',
      '*.a',
      'ä',
      '\xe4',
      'a\tb',
      'a\0',
      'a:b',
      'a:80b',
      'a:-1',
      'a:+1',
      'a:65536',
      'a:80:80',
    ],
    ...[
      'a: 80',
      '::1',
      '1::',
      '[::1',
      '[]',
      '[',
      ']',
      '[::1]x',
      '[::1]80',
      '[::1]:x',
      '[fe80::1%25eth0]',
      '[fe80::1%eth0]',
    ],
    ...['[v1.a]', '[127.0.0.1]', '[a]', '[::1]]', 'a]', 'a'.repeat(256), `a:${'9'.repeat(400)}`],
  ]) {
    t.throws(() => readHost(authority), { code: 'BAD_HOST' }, JSON.stringify(authority))
  }
  t.end()
})
