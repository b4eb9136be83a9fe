/** The states of pools and workers, and the moves allowed between them; docs/supervision.md shows the same tables. */

export type WorkerState = 'starting' | 'running' | 'stopping' | 'ended'
export type PoolState = 'started' | 'stopping' | 'stopped'

export const workerMoves: Readonly<Record<WorkerState, readonly WorkerState[]>> = {
  starting: ['running', 'stopping', 'ended'],
  running: ['stopping', 'ended'],
  stopping: ['ended'],
  ended: [],
}

export const poolMoves: Readonly<Record<PoolState, readonly PoolState[]>> = {
  stopped: ['started'],
  started: ['stopping'],
  stopping: ['stopped'],
}

/**
 * @returns `to`.
 * @throws Error on a move that the table does not have: a mistake of the supervisor's own.
 */
export const move = <S extends string>(moves: Readonly<Record<S, readonly S[]>>, from: S, to: S): S => {
  if (!moves[from].includes(to)) throw new Error(`No move from ${from} to ${to}`)
  return to
}
