/** When a pool starts a worker, as a table. */
import t from 'tap'
import { decideOnDemand, type DemandDecision, type DemandFacts } from '../../../core/was/demand.js'

const quiet: DemandFacts = {
  workers: 0,
  starting: 0,
  maxProcesses: 1,
  waiting: 1,
  serverWorkers: 0,
  demandStartThreshold: 100,
}

const table: readonly [name: string, facts: Partial<DemandFacts>, decision: DemandDecision][] = [
  ['no worker yet', {}, 'start'],
  ['one is starting', { workers: 1, starting: 1, serverWorkers: 1 }, 'nothing'],
  [
    'one is starting, and there is room',
    { workers: 1, starting: 1, maxProcesses: 4, serverWorkers: 1 },
    'nothing',
  ],
  ['the one there may be runs', { workers: 1, serverWorkers: 1 }, 'nothing'],
  ['a web garden that is not full', { workers: 1, maxProcesses: 2, serverWorkers: 1 }, 'start'],
  ['a new connection, nobody waits', { workers: 1, maxProcesses: 2, waiting: 0, serverWorkers: 1 }, 'start'],
  ['a web garden that is full', { workers: 2, maxProcesses: 2, serverWorkers: 2 }, 'nothing'],
  ['one less than the threshold', { serverWorkers: 99 }, 'start'],
  ['at the threshold, without a worker', { serverWorkers: 100 }, 'refuse'],
  ['over the threshold, without a worker', { serverWorkers: 101 }, 'refuse'],
  ['at the threshold, nobody waits', { waiting: 0, serverWorkers: 100 }, 'nothing'],
  ['at the threshold, with a worker', { workers: 1, maxProcesses: 2, serverWorkers: 100 }, 'nothing'],
  ['at the threshold, one is starting', { workers: 1, starting: 1, serverWorkers: 100 }, 'nothing'],
]

for (const [name, facts, decision] of table) {
  t.test(`${name}: ${decision}`, async (test) => {
    test.equal(decideOnDemand({ ...quiet, ...facts }), decision)
  })
}
