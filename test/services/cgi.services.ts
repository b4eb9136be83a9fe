/** CGI scripts of the languages that CGI was made for: Perl and Python, by interpreter and by their own first line. */
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { oneSite, startServer, type TestServer } from '../harness/server.js'
import { requireProgram } from './require-program.js'

t.setTimeout(60_000)

const PERL = `#!/usr/bin/env perl
use strict; use warnings;
read(STDIN, my $body, $ENV{CONTENT_LENGTH} || 0);
print "Status: 201 Made\\r\\nContent-Type: text/plain\\r\\n\\r\\n";
print "perl $ENV{REQUEST_METHOD} $ENV{PATH_INFO} $ENV{QUERY_STRING} $body";
print STDERR "perl complains\\n";
`

const PYTHON = `#!/usr/bin/env python3
import os, sys
body = sys.stdin.buffer.read(int(os.environ.get('CONTENT_LENGTH') or 0))
print('Content-Type: text/plain')
print()
print('python', os.environ['REQUEST_METHOD'], os.environ['PATH_INFO'], len(body), end='')
`

const start = async (): Promise<TestServer> => {
  const server = await startServer(
    oneSite([
      { path: '/own', type: 'cgi', physicalPath: './cgi' },
      {
        path: '/by',
        type: 'cgi',
        physicalPath: './cgi',
        options: { interpreters: { '.pl': ['perl', '-T'], '.py': 'python3' } },
      },
    ]),
    { 'cgi/a.pl': PERL, 'cgi/a.py': PYTHON },
  )
  for (const name of ['a.pl', 'a.py']) await chmod(join(server.folder, 'cgi', name), 0o755)
  return server
}

t.test('a Perl script answers', async (t) => {
  if (requireProgram(t, ['perl'], 'apt-get install perl') === undefined) return
  const server = await start()
  t.teardown(() => server.stop())
  for (const way of ['/by', '/own']) {
    const response = await fetch(`${server.url}${way}/a.pl/x/y?q=1`, { method: 'POST', body: 'the body' })
    t.equal(response.status, 201)
    t.equal(await response.text(), 'perl POST /x/y q=1 the body')
  }
  await server.printed(/a\.pl printed: perl complains/)
})

t.test('a Python script answers', async (t) => {
  if (requireProgram(t, ['python3'], 'apt-get install python3') === undefined) return
  const server = await start()
  t.teardown(() => server.stop())
  for (const way of ['/by', '/own']) {
    const response = await fetch(`${server.url}${way}/a.py/x`, { method: 'PUT', body: 'x'.repeat(300_000) })
    t.equal(await response.text(), 'python PUT /x 300000')
  }
})
