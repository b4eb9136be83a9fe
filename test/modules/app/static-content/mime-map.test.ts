/** The MIME map and the client cache. */
import t from 'tap'
import { clientCacheHeaders, type ClientCache } from '../../../../modules/app/static-content/client-cache.js'
import { mimeMapOf } from '../../../../modules/app/static-content/mime-map.js'

t.test('registered types are known, text as UTF-8', async (t) => {
  const typeOf = mimeMapOf([])
  t.equal(typeOf('/a/b.HTML'), 'text/html; charset=utf-8')
  t.equal(typeOf('x.png'), 'image/png')
  t.equal(typeOf('x.mjs'), 'text/javascript; charset=utf-8')
  t.equal(typeOf('x.zzz'), undefined)
  t.equal(typeOf('README'), undefined)
})

t.test('entries add, replace and take away', async (t) => {
  const typeOf = mimeMapOf([
    { fileExtension: '.zzz', mimeType: 'application/x-z' },
    { fileExtension: '.', mimeType: 'text/plain; charset=latin1' },
    { remove: '.png' },
    { fileExtension: '.html', mimeType: 'text/x-html' },
  ])
  t.equal(typeOf('x.zzz'), 'application/x-z')
  t.equal(typeOf('README'), 'text/plain; charset=latin1')
  t.equal(typeOf('x.png'), undefined)
  t.equal(typeOf('x.html'), 'text/x-html; charset=utf-8')
  const only = mimeMapOf([{ clear: true }, { fileExtension: '.*', mimeType: 'application/octet-stream' }])
  t.equal(only('x.html'), 'application/octet-stream')
})

t.test('the client cache says what its mode is', async (t) => {
  const of = (more: Partial<ClientCache>) =>
    clientCacheHeaders({
      cacheControlMode: 'NoControl',
      cacheControlMaxAge: 86_400_000,
      httpExpires: '',
      cacheControlCustom: '',
      setEtag: true,
      ...more,
    })
  t.same(of({}), [])
  t.same(of({ cacheControlMode: 'DisableCache' }), [['Cache-Control', 'no-cache']])
  t.same(of({ cacheControlMode: 'UseMaxAge', cacheControlCustom: 'public' }), [
    ['Cache-Control', 'max-age=86400,public'],
  ])
  t.same(of({ cacheControlMode: 'UseExpires', httpExpires: 'Fri, 01 Jan 2027 00:00:00 GMT' }), [
    ['Expires', 'Fri, 01 Jan 2027 00:00:00 GMT'],
  ])
  t.throws(() => of({ cacheControlMode: 'UseExpires', httpExpires: 'soon' }), /"soon" is no date/)
})
