/** URL prefixes are read as http.sys reads them. */
import t from 'tap'
import { parseUrlPrefix } from '../../../hosts/embedded/url-prefix.js'

t.test('strong, weak and explicit hosts', async (t) => {
  t.match(parseUrlPrefix('http://+:80/x/'), {
    category: 'strong',
    host: '',
    port: 80,
    path: '/x',
    secure: false,
  })
  t.match(parseUrlPrefix('HTTPS://+:443/'), { secure: true, category: 'strong', port: 443 })
  t.match(parseUrlPrefix('http://*:8080/'), { category: 'weak', host: '', port: 8080, path: '/' })
  t.match(parseUrlPrefix('http://WWW.Example.com:80/a/b'), {
    category: 'explicit',
    host: 'www.example.com',
    path: '/a/b',
  })
})

t.test('what is none is refused, with what to write', async (t) => {
  for (const text of [
    'ftp://+:1/',
    'http://+/x/',
    'http://+:80',
    'http://*.x:80/',
    'http://+:99999/',
    '/x',
  ]) {
    t.throws(
      () => parseUrlPrefix(text),
      /is no URL prefix: .*; write it as http:\/\/\+:8080\/metrics\//,
      text,
    )
  }
  t.throws(() => parseUrlPrefix('http://+:80/a/../b'), /dot segment/)
})
