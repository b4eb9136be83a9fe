/** Addresses and networks, and whose address counts behind proxies. */
import t from 'tap'
import { addressRules, networks, plainAddress } from '../../../../modules/app/ip-security/address-rules.js'
import { clientAddress } from '../../../../modules/app/ip-security/client-address.js'

const SINGLE = '255.255.255.255'
const entry = (ipAddress: string, allowed: boolean, subnetMask = SINGLE) => ({
  ipAddress,
  allowed,
  subnetMask,
})

t.test('the first entry that holds an address counts', async (t) => {
  const rule = addressRules([
    entry('10.1.2.3', true),
    entry('10.1.0.0', false, '255.255.0.0'),
    entry('10.0.0.0/8', true),
    entry('2001:db8::/32', false),
    entry('::1', true),
  ])
  t.equal(rule('10.1.2.3'), true)
  t.equal(rule('10.1.2.4'), false)
  t.equal(rule('10.9.9.9'), true)
  t.equal(rule('2001:db8:1::5'), false)
  t.equal(rule('::1'), true)
  t.equal(rule('::2'), undefined, 'a single IPv6 address is one')
  t.equal(rule('192.0.2.1'), undefined)
  t.equal(rule('nonsense'), undefined)
})

t.test('what is no address or no mask is refused by name', async (t) => {
  t.throws(() => networks([entry('example.org', true)]), /"example\.org" is no IP address/)
  t.throws(() => networks([entry('10.0.0.0', true, '255.0.255.0')]), /"255\.0\.255\.0" is no mask/)
  t.throws(() => networks([entry('10.0.0.0/33', true)]), /"33" is no mask/)
})

t.test("IPv4 in IPv6's clothes is IPv4", async (t) => {
  t.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
})

t.test('only what trusted proxies have added to X-Forwarded-For is believed', async (t) => {
  const trusted = networks([entry('10.0.0.0/8', true), entry('::1', true)])
  const of = (peer: string, field?: string) => clientAddress(peer, field, trusted)
  t.equal(of('192.0.2.1', '1.1.1.1'), '192.0.2.1', 'not by somebody else')
  t.equal(of('10.0.0.1'), '10.0.0.1')
  t.equal(of('10.0.0.1', '6.6.6.6, 192.0.2.1'), '192.0.2.1', 'nor what the client has written itself')
  t.equal(of('::ffff:10.0.0.1', '192.0.2.1, 10.0.0.2'), '192.0.2.1', 'through two proxies')
  t.equal(of('::1', '[2001:db8::1]:443'), '2001:db8::1')
  t.equal(of('::1', '192.0.2.1:80'), '192.0.2.1')
  t.equal(of('::1', 'unknown'), undefined)
})
