/** Server variables that a request over a socket of this machine cannot show: users, certificates, ciphers. */
import { IncomingMessage } from 'node:http'
import t from 'tap'
import type { HttpContext } from '../../../core/contract/http-context.js'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import { ServerVariables } from '../../../hosts/runtime/server-variables.js'

const variablesOn = (socket: object, context: Partial<HttpContext> | null = null): ServerVariables => {
  const request = new IncomingMessage(socket as never)
  const settings = { mount: '', siteId: 1, physicalPath: '/srv' } as unknown as ApplicationSettings
  const variables = new ServerVariables(request, settings, '/')
  variables.context = context as HttpContext | null
  return variables
}

t.test('the user is whom a module has found', async (t) => {
  const variables = variablesOn({}, { user: { name: 'ann', type: 'Basic', password: 'secret' } })
  t.equal(variables.get('AUTH_USER'), 'ann')
  t.equal(variables.get('REMOTE_USER'), 'ann')
  t.equal(variables.get('LOGON_USER'), 'ann')
  t.equal(variables.get('AUTH_TYPE'), 'Basic')
  t.equal(variables.get('AUTH_PASSWORD'), 'secret')
})

t.test('certificate and cipher are those of the connection', async (t) => {
  const certificate = {
    subject: { C: 'DE', CN: 'Ann' },
    issuer: { O: 'Garden', OU: ['a', 'b'] },
    serialNumber: '0A',
    fingerprint256: 'AB:CD',
    bits: 2048,
  }
  const secured = {
    encrypted: true,
    authorized: true,
    getPeerCertificate: () => certificate,
    getCipher: () => ({ name: 'ECDHE-RSA-AES128-GCM-SHA256', standardName: 'TLS_X', version: 'TLSv1.2' }),
  }
  const variables = variablesOn(secured)
  const found = (name: string): string | undefined => variables.get(name)
  t.equal(found('CERT_SUBJECT'), 'C=DE, CN=Ann')
  t.equal(found('CERT_ISSUER'), 'O=Garden, OU=a+b')
  t.equal(found('CERT_SERIALNUMBER'), '0A')
  t.equal(found('CERT_COOKIE'), 'ABCD')
  t.equal(found('CERT_KEYSIZE'), '2048')
  t.equal(found('CERT_FLAGS'), '1')
  t.equal(found('HTTPS'), 'on')
  t.equal(found('HTTPS_KEYSIZE'), '128')
  t.equal(found('CRYPT_PROTOCOL'), 'TLSv1.2')
  t.equal(found('SERVER_PORT_SECURE'), '1')
  t.equal(variablesOn({ ...secured, authorized: false }).get('CERT_FLAGS'), '3')
  t.equal(variablesOn({ getPeerCertificate: () => ({}) }).get('CERT_FLAGS'), '')
})

t.test('every variable of IIS has an answer', async (t) => {
  const socket = { remoteAddress: '192.0.2.1', localAddress: '192.0.2.2', remotePort: 1, localPort: 2 }
  const variables = variablesOn(socket)
  const names =
    'ALL_HTTP ALL_RAW APPL_MD_PATH APPL_PHYSICAL_PATH APP_POOL_CONFIG AUTH_PASSWORD AUTH_TYPE AUTH_USER CACHE_URL CERT_COOKIE ' +
    'CERT_FLAGS CERT_ISSUER CERT_KEYSIZE CERT_SECRETKEYSIZE CERT_SERIALNUMBER CERT_SERVER_ISSUER CERT_SERVER_SUBJECT CERT_SUBJECT ' +
    'CONTENT_LENGTH CONTENT_TYPE CRYPT_CIPHER_ALG_ID CRYPT_HASH_ALG_ID CRYPT_KEYEXCHANGE_ALG_ID CRYPT_PROTOCOL DOCUMENT_ROOT ' +
    'FORWARDED_URL GATEWAY_INTERFACE HTTPS HTTPS_KEYSIZE HTTPS_SECRETKEYSIZE HTTPS_SERVER_ISSUER HTTPS_SERVER_SUBJECT HTTP_URL ' +
    'HTTP_VERSION INSTANCE_ID INSTANCE_META_PATH LOCAL_ADDR LOGON_USER MANAGED_PIPELINE_MODE PATH_INFO PATH_TRANSLATED QUERY_STRING ' +
    'REMOTE_ADDR REMOTE_HOST REMOTE_PORT REMOTE_USER REQUEST_FILENAME REQUEST_FLAGS REQUEST_METHOD REQUEST_URI SCRIPT_FILENAME ' +
    'SCRIPT_NAME SCRIPT_TRANSLATED SERVER_ADDR SERVER_NAME SERVER_PORT SERVER_PORT_SECURE SERVER_PROTOCOL SERVER_SOFTWARE ' +
    'UNENCODED_URL UNMAPPED_REMOTE_USER URL URL_PATH_INFO HTTP_METHOD'
  for (const name of names.split(' ')) t.type(variables.get(name), 'string', name)
  for (const name of ['constructor', 'request', 'NOTHING', 'HTTP_CONSTRUCTOR', '__proto__'])
    t.equal(variables.get(name), undefined, name)
})
