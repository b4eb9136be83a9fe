/** A part of `npm run fuzz`, with a seed that FUZZ_SEED can set. */
import t from 'tap'
import { fuzz } from '../harness/request-fuzzing.js'

t.test(
  'mutated requests crash nothing, hang nothing, leak nothing, and are seen the same by all',
  async (t) => {
    const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000)
    t.comment(`seed ${seed}`)
    const { findings, seen, refused } = await fuzz(seed, 8_000)
    t.same(findings, [])
    t.ok(seen > 500, 'many reach the application')
    t.ok(refused > 500, 'many are refused')
  },
)
