/** Batches wait in a file, in order and within a bound, and are still there after a crash; the writer keeps their order. */
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { ServerEvent } from '../../../core/index.js'
import type { Entry } from '../../../modules/log-database/entry.js'
import { Outage } from '../../../modules/log-database/outage.js'
import { Spool } from '../../../modules/log-database/spool.js'
import { Writer } from '../../../modules/log-database/writer.js'

const MB = 1_048_576
const entry = (number: number, size = 1): Entry => ({
  source: 's',
  number,
  rows: Array.from({ length: size }, () => ({ Target: 'x'.repeat(255) })) as unknown as Entry['rows'],
})

const numbersIn = async (spool: Spool): Promise<(number | string)[]> => {
  const numbers = []
  for (;;) {
    const first = await spool.first()
    if (first === null) return numbers
    numbers.push(first === 'unreadable' ? first : first.number)
    await spool.dropFirst()
  }
}

t.test('what goes in comes out in order, lines longer than a read among them', async (t) => {
  const path = join(t.testdir(), 'folder', 'spool')
  const spool = await Spool.open(path, 4 * MB)
  t.ok(spool.isEmpty)
  for (const [number, size] of [
    [1, 1],
    [2, 3000],
    [3, 1],
  ] as const)
    t.ok(await spool.append(entry(number, size)))
  t.notOk(spool.isEmpty)
  t.same(await numbersIn(spool), [1, 2, 3])
  t.ok(spool.isEmpty)
  t.equal((await stat(path)).size, 0, 'the file has its room back')
  await spool.close()
})

t.test('it never grows beyond its bound', async (t) => {
  const path = join(t.testdir(), 'spool')
  const spool = await Spool.open(path, 1000)
  t.same(
    [await spool.append(entry(1)), await spool.append(entry(2)), await spool.append(entry(3, 3))],
    [true, true, false],
  )
  t.ok((await stat(path)).size <= 1000)
  t.same(await numbersIn(spool), [1, 2])
  await spool.close()
})

t.test('after a crash it holds all whole lines; half a line is cut, a foreign one told', async (t) => {
  const path = join(t.testdir(), 'spool')
  const before = await Spool.open(path, MB)
  await before.append(entry(1))
  await before.append(entry(2))
  await before.close()
  await appendFile(path, 'foreign\n{"source":"s","num')
  const after = await Spool.open(path, MB)
  await after.append(entry(3))
  t.same(await numbersIn(after), [1, 2, 'unreadable', 3])
  await after.close()
  await writeFile(path, 'no line at all')
  const last = await Spool.open(path, MB)
  t.ok(last.isEmpty)
  await last.close()
  t.equal(await readFile(path, 'utf8'), '')
})

t.test(
  'while the database is away batches wait; then all follow in order, later ones behind them',
  async (t) => {
    const events: ServerEvent[] = []
    const written: number[] = []
    let away = true
    let back: (() => void) | undefined
    const database = {
      prepare: async () => {
        if (away) throw new Error('nobody there')
        back?.()
      },
      write: async ({ number }: Entry) => {
        await new Promise((resolve) => setImmediate(resolve))
        if (away) throw new Error('nobody there')
        written.push(number)
      },
      close: async () => undefined,
    }
    const spool = await Spool.open(join(t.testdir(), 'spool'), 20_000)
    const outage = new Outage('db', { write: (event) => events.push(event) }, 'SPOOL')
    const writer = new Writer(database, spool, outage, 10)
    for (let number = 1; number <= 5; number++) await writer.write(entry(number))
    await writer.write(entry(6, 100))
    t.same(written, [])
    const isBack = new Promise<void>((resolve) => (back = resolve))
    away = false
    await isBack
    for (let number = 7; number <= 12; number++) await writer.write(entry(number))
    await writer.close()
    const rest = await Spool.open(join(t.testdirName, 'spool'), 20_000)
    const left = await numbersIn(rest)
    await rest.close()
    // A stop before the spool is empty leaves all of it: the database knows what it has had already.
    t.same([...new Set([...written, ...left])], [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12])
    const texts = events.map(({ text }) => text)
    t.match(texts[0], /database of log "db" cannot be written: nobody there.*wait in SPOOL/)
    t.match(texts[1], /SPOOL is full/)
    t.match(texts[2], /100 lost/)
  },
)
