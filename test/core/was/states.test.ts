/** The states of pools and workers, and the only moves between them. */
import t from 'tap'
import { move, poolMoves, workerMoves } from '../../../core/was/states.js'

t.test('a worker goes forward only, and ends once', async (test) => {
  const allowed = Object.entries(workerMoves).flatMap(([from, to]) => to.map((one) => `${from} ${one}`))
  test.same(allowed, [
    'starting running',
    'starting stopping',
    'starting ended',
    'running stopping',
    'running ended',
    'stopping ended',
  ])
})

t.test('a pool that was stopped can start again, but not before it has stopped', async (test) => {
  const allowed = Object.entries(poolMoves).flatMap(([from, to]) => to.map((one) => `${from} ${one}`))
  test.same(allowed, ['stopped started', 'started stopping', 'stopping stopped'])
})

t.test('a move that the table has answers the new state, any other throws', async (test) => {
  for (const moves of [workerMoves, poolMoves] as Readonly<Record<string, readonly string[]>>[]) {
    for (const from of Object.keys(moves)) {
      for (const to of Object.keys(moves)) {
        if (moves[from]?.includes(to)) test.equal(move(moves, from, to), to)
        else test.throws(() => move(moves, from, to), { message: `No move from ${from} to ${to}` })
      }
    }
  }
})
