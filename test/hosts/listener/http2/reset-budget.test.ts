/** How many requests a client may take back. */
import t from 'tap'
import { ResetBudget } from '../../../../hosts/listener/http2/reset-budget.js'

t.test('as many as a browser does at once, then so many a second', async (t) => {
  const budget = new ResetBudget(0)
  for (let i = 0; i < 200; i++) t.ok(budget.spend(0))
  t.notOk(budget.spend(0))
  const other = new ResetBudget(0)
  let now = 0
  for (let i = 0; i < 2_000; i++) t.ok(other.spend((now += 50)))
})
