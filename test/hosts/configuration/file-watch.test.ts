/** However a file is changed, it is seen once. */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FileWatch } from '../../../hosts/configuration/file-watch.js'

const watched = async (t: Test, file: string) => {
  let changes = 0
  let heard: () => void = () => undefined
  const watch = new FileWatch({
    file,
    onChange: () => {
      changes++
      heard()
    },
    onError: (error) => {
      t.fail(error.message)
    },
  })
  t.teardown(() => {
    watch.close()
  })
  await watch.know()
  /** Does something to the file and waits until that is seen. */
  const after = async (action: () => void): Promise<number> => {
    const next = new Promise<void>((resolve) => (heard = resolve))
    // The watcher does not keep a process alive.
    const alive = setInterval(() => undefined, 1000)
    action()
    await next
    clearInterval(alive)
    return changes
  }
  return { after, watch }
}

t.test('written, put in place of the old one, deleted and made again', async (t) => {
  const folder = t.testdir({ 'host.json': 'a' })
  const file = join(folder, 'host.json')
  const { after } = await watched(t, file)
  t.equal(
    await after(() => {
      writeFileSync(file, 'b')
      appendFileSync(file, 'c')
    }),
    1,
    'in several steps, once',
  )
  t.equal(
    await after(() => {
      writeFileSync(`${file}~`, 'd')
      renameSync(`${file}~`, file)
    }),
    2,
  )
  t.equal(
    await after(() => {
      rmSync(file)
      writeFileSync(join(folder, 'other'), 'no concern of ours')
      writeFileSync(file, 'e')
    }),
    3,
  )
})

t.test('an empty file is one that is being written, however long that takes', async (t) => {
  const file = join(t.testdir({ 'host.json': 'a' }), 'host.json')
  const { after } = await watched(t, file)
  t.equal(
    await after(() => {
      writeFileSync(file, '')
      setTimeout(() => {
        writeFileSync(file, 'b')
      }, 600)
    }),
    1,
  )
  t.equal(readFileSync(file, 'utf8'), 'b')
})

t.test('through a link, whether that or the file behind it changes', async (t) => {
  const folder = t.testdir({ one: { 'host.json': 'a' }, two: { 'host.json': 'bb' }, etc: {} })
  const file = join(folder, 'etc', 'host.json')
  symlinkSync(join(folder, 'one', 'host.json'), file)
  const { after } = await watched(t, file)
  t.equal(
    await after(() => {
      writeFileSync(join(folder, 'one', 'host.json'), 'ccc')
    }),
    1,
  )
  t.equal(
    await after(() => {
      symlinkSync(join(folder, 'two', 'host.json'), `${file}.new`)
      renameSync(`${file}.new`, file)
    }),
    2,
  )
})

t.test('a folder that is not there is an error, not a crash', async (t) => {
  const folder = t.testdir()
  mkdirSync(join(folder, 'gone'))
  rmSync(join(folder, 'gone'), { recursive: true })
  const errors: Error[] = []
  const watch = new FileWatch({
    file: join(folder, 'gone', 'host.json'),
    onChange: () => undefined,
    onError: (error) => errors.push(error),
  })
  watch.close()
  t.match(errors, [{ code: 'ENOENT' }])
})
