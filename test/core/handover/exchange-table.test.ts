/** Numbers of exchanges are used again, but never so soon that a late message finds the wrong one. */
import t from 'tap'
import { ExchangeNumbers, ExchangeTable } from '../../../core/handover/exchange-table.js'

t.test('numbers in use are all different, and none is 0', async (test) => {
  const numbers = new ExchangeNumbers()
  const used = new Set(Array.from({ length: 1_000 }, () => numbers.allocate()))
  test.equal(used.size, 1_000)
  test.notOk(used.has(0))
})

t.test('a number that was released does not come back soon, though its slot does', async (test) => {
  const numbers = new ExchangeNumbers()
  const table = new ExchangeTable<number>()
  const seen = new Set<number>()
  for (let use = 0; use < 10_000; use++) {
    const number = numbers.allocate()
    test.notOk(seen.has(number) && `${number} came twice`)
    seen.add(number)
    table.set(number, use)
    test.equal(table.size, 1)
    table.delete(number)
    numbers.release(number)
  }
  test.same(table.inUse(), [])
})

t.test('numbers stay small integers, however long the server runs', async (test) => {
  const numbers = new ExchangeNumbers()
  let [largest, smallest] = [0, Infinity]
  for (let use = 0; use < 40_000; use++) {
    const number = numbers.allocate()
    largest = Math.max(largest, number)
    smallest = Math.min(smallest, number)
    numbers.release(number)
  }
  test.ok(largest < 2 ** 30, String(largest))
  test.ok(smallest > 0, '0 stands for none')
})

t.test('what a number names is found, until it is deleted', async (test) => {
  const numbers = new ExchangeNumbers()
  const table = new ExchangeTable<string>()
  const [one, two] = [numbers.allocate(), numbers.allocate()]
  table.set(two, 'two')
  table.set(one, 'one')
  test.same([table.get(one), table.get(two), table.size], ['one', 'two', 2])
  test.same(new Set(table.inUse()), new Set([one, two]))
  test.equal(table.delete(one), true)
  test.equal(table.delete(one), false)
  test.same([table.get(one), table.get(two), table.size], [undefined, 'two', 1])
  test.same(table.inUse(), [two])
})

t.test(
  'a late message of an exchange that is over finds nothing, nor the next one in its slot',
  async (test) => {
    const numbers = new ExchangeNumbers()
    const table = new ExchangeTable<string>()
    const old = numbers.allocate()
    table.set(old, 'old')
    table.delete(old)
    numbers.release(old)
    const next = numbers.allocate()
    table.set(next, 'next')
    test.not(next, old)
    test.equal(table.get(old), undefined)
    test.equal(table.delete(old), false)
    test.equal(table.get(next), 'next')
  },
)

t.test('a number that was never given out finds nothing', async (test) => {
  const table = new ExchangeTable<string>()
  table.set(65_536 + 5, 'five')
  for (const number of [0, 1, 5, 65_536, 131_072 + 5, -1, 1.5, NaN, Infinity]) {
    test.equal(table.get(number), undefined, String(number))
    test.equal(table.delete(number), false, String(number))
  }
  test.equal(table.get('5' as never), undefined)
  test.equal(table.get(undefined as never), undefined)
})
