/** Credentials, hashes and the file that holds them. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import bcrypt from 'bcryptjs'
import { credentialsOf } from '../../../../modules/app/basic-authentication/credentials.js'
import { KnownCredentials } from '../../../../modules/app/basic-authentication/known-credentials.js'
import { parseUsers, UserFile } from '../../../../modules/app/basic-authentication/user-file.js'
import {
  hashPassword,
  isKnownHash,
  someHash,
  verifyPassword,
} from '../../../../modules/app/basic-authentication/verify-password.js'

const field = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

t.test('credentials are read, and what is none is told from what is badly formed', async (t) => {
  t.same(credentialsOf(field('ann:a:b')), { name: 'ann', password: 'a:b' })
  t.same(credentialsOf(field('jürgen:ß')), { name: 'jürgen', password: 'ß' })
  t.equal(credentialsOf(undefined), null)
  t.equal(credentialsOf('Bearer x'), null)
  t.equal(credentialsOf('basic ***'), undefined)
  t.equal(credentialsOf(field('nocolon')), undefined)
  t.equal(credentialsOf(field('a\n:b')), undefined)
})

t.test('a password fits its hash, of either kind, and no other', async (t) => {
  for (const hash of [await hashPassword('secret'), await bcrypt.hash('secret', 4)]) {
    t.ok(isKnownHash(hash), hash)
    t.ok(await verifyPassword('secret', hash))
    t.notOk(await verifyPassword('Secret', hash))
    t.notOk(await verifyPassword('secret'.repeat(1000), hash))
    const other = someHash(hash)
    t.ok(isKnownHash(other), 'whoever has no account waits for one of the same kind')
    t.notOk(await verifyPassword('secret', other))
  }
  for (const weak of [
    'secret',
    '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=',
    '$apr1$x$y',
    '$scrypt$ln=40,r=8,p=1$aaaaaaaaaaa$bb',
  ])
    t.notOk(isKnownHash(weak), weak)
})

t.test('a file names the line that is wrong', async (t) => {
  const hash = bcrypt.hashSync('x', 4)
  t.same([...parseUsers(`# people\n\nann:${hash}\r\n`, 'users')], [['ann', hash]])
  t.throws(() => parseUsers(`ann:${hash}\nbob:plain`, 'users'), /users:2: write NAME:HASH/)
})

t.test('a changed file is read again, and a broken one changes nothing', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'users')
  const hash = bcrypt.hashSync('x', 4)
  const told: string[] = []
  writeFileSync(path, `ann:${hash}`)
  const file = new UserFile(path, (text) => told.push(text))
  await file.open()
  const now = Date.now()
  t.intercept(Date, 'now', { value: () => now + 10_000 })
  writeFileSync(path, `ann:${hash}\nbob:${hash}`)
  t.same([...(await file.users()).keys()], ['ann', 'bob'])
  rmSync(path)
  t.intercept(Date, 'now', { value: () => now + 20_000 })
  t.same([...(await file.users()).keys()], ['ann', 'bob'])
  t.match(told, [/ENOENT/])
})

t.test('what was right is known for a while, and only so much', async (t) => {
  const known = new KnownCredentials(1000)
  const token = known.tokenOf('ann', 'secret', 'hash')
  t.notOk(known.has(token, 0))
  known.add(token, 0)
  t.ok(known.has(token, 999))
  t.not(known.tokenOf('ann', 'secret', 'other hash'), token, 'a changed password is another')
  t.notOk(known.has(token, 1000))
  known.add(token, 0)
  for (let i = 0; i < 1000; i++) known.add(String(i), 0)
  t.notOk(known.has(token, 1))
})
