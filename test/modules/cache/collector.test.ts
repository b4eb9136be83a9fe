/** Responses in several parts. */
import t from 'tap'
import { CollectingBudget, Collector } from '../../../modules/cache/collector.js'

t.test('puts text and bytes together', (t) => {
  const got: Buffer[] = []
  const budget = new CollectingBudget(100)
  const collector = new Collector(budget, 10, (body) => got.push(body))
  collector.write('a\xff')
  collector.write(new Uint8Array([1, 2]))
  t.equal(budget.left, 96)
  collector.end()
  collector.end()
  t.same(got, [Buffer.from('a\xff\x01\x02', 'latin1')])
  t.equal(budget.left, 100)
  t.end()
})

t.test('gives up when it breaks off, is too long, or all together are too much', (t) => {
  const budget = new CollectingBudget(15)
  const make = () => new Collector(budget, 10, () => t.fail('not complete'))
  const broken = make()
  broken.write('12345')
  broken.fail()
  broken.write('6')
  broken.end()
  const long = make()
  long.write('1234567890')
  long.write('1')
  long.end()
  const first = make()
  first.write('1234567890')
  const second = make()
  second.write('123456')
  second.end()
  t.equal(budget.left, 5)
  first.fail()
  t.equal(budget.left, 15)
  t.end()
})
