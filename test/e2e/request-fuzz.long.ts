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
    // Of those that are answered in time: on a busy machine that is not each.
    t.ok(seen > 50, 'many reach the application')
    t.ok(refused > 50, 'many are refused')
  },
)
