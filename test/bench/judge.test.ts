/** The verdict of the benchmark, which decides what is called good enough. */
import t from 'tap'
import type { Figure } from './figures.js'
import type { Goal } from './goals.js'
import { judge, median } from './judge.js'

const ratio: Goal = { name: 'x', title: 'x', of: 'cached', over: 'bare.fastify', must: 1.4 }
const memory: Goal = { name: 'y', title: 'y', of: 'idle.memory', must: 90, atMost: true }

const values = (entries: Partial<Record<Figure, number[]>>) =>
  new Map(Object.entries(entries) as [Figure, number[]][])

t.test('a ratio is that of the medians, whatever the order of the rounds', (t) => {
  const judged = judge(ratio, values({ cached: [300, 100, 140], 'bare.fastify': [1, 100, 500] }))
  t.match(judged, { value: 1.4, verdict: 'ok' })
  t.end()
})

t.test('a ratio under its goal is BELOW', (t) => {
  t.equal(judge(ratio, values({ cached: [139], 'bare.fastify': [100] })).verdict, 'BELOW')
  t.end()
})

t.test('a figure that may be at most so much is ABOVE when it is more', (t) => {
  t.equal(judge(memory, values({ 'idle.memory': [90] })).verdict, 'ok')
  t.equal(judge(memory, values({ 'idle.memory': [90.1] })).verdict, 'ABOVE')
  t.end()
})

t.test('a ratio of which one side is missing is not measured', (t) => {
  t.match(judge(ratio, values({ cached: [139] })), { value: null, verdict: 'not measured' })
  t.end()
})

t.test('the median of an even number of values lies between the two in the middle', (t) => {
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.equal(median([]), null)
  t.end()
})
