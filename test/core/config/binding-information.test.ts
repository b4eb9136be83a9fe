/** `IP:port:host`, taken apart. */
import t from 'tap'
import { parseBindingInformation } from '../../../core/config/binding-information.js'

t.test('a binding is taken apart into address, port and host', (t) => {
  const bindings: [string, string, number, string][] = [
    ['*:80:', '*', 80, ''],
    ['*:0:', '*', 0, ''],
    ['10.0.0.1:8080:www.Example.com', '10.0.0.1', 8080, 'www.example.com'],
    ['[::1]:80:', '::1', 80, ''],
    ['[0:0:0:0:0:0:0:1]:80:', '::1', 80, ''],
    ['[2001:DB8::1]:443:a.b', '2001:db8::1', 443, 'a.b'],
    ['*:80:*.example.com', '*', 80, '*.example.com'],
    ['*:80:127.0.0.1', '*', 80, '127.0.0.1'],
    ['*:80:[::1]', '*', 80, '[::1]'],
    ['unix:/run/a.sock:', 'unix:/run/a.sock', 0, ''],
    ['unix:/run/a.sock:www.example.com', 'unix:/run/a.sock', 0, 'www.example.com'],
    ['systemd:web.socket:*.example.com', 'systemd:web.socket', 0, '*.example.com'],
    ['*:80:bücher.example', '*', 80, 'xn--bcher-kva.example'],
  ]
  for (const [text, address, port, host] of bindings) {
    t.strictSame(parseBindingInformation(text), { address, port, host }, text)
  }
  t.end()
})

t.test('what is wrong with a binding is said', (t) => {
  const bindings: [string, RegExp][] = [
    ['', /form IP:port:host/],
    ['80', /form IP:port:host/],
    ['*:80', /form IP:port:host/],
    ['::1:80:', /must begin with .* not ""/],
    [':80:', /must begin with/],
    ['localhost:80:', /must begin with .*not "localhost"/],
    ['256.0.0.1:80:', /must begin with/],
    ['[::g]:80:', /must begin with/],
    ['*::', /port from 0 to 65535/],
    ['*:65536:', /port from 0 to 65535 .*not "65536"/],
    ['*:8o:', /port from 0 to 65535/],
    ['*:80:a b', /host name/],
    ['*:80:a.*.b', /host name/],
    ['*:80:*', /host name/],
    ['*:80:a/b', /host name/],
    ['unix:', /form unix:/],
    ['unix::host', /form unix:/],
    [`unix:/${'x'.repeat(110)}:`, /more than 103 bytes/],
    ['unix:/run/a.sock:a b', /host name/],
    ['systemd::', /form systemd:name:host/],
  ]
  for (const [text, message] of bindings) {
    const parsed = parseBindingInformation(text)
    t.type(parsed, 'string', text)
    t.match(parsed, message, text)
  }
  t.end()
})
