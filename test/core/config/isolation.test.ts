/** What a pool may ask of threads, and what of processes: everything else is refused with the reason and the remedy. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfig } from '../../../core/config/read.js'
import { ConfigurationError } from '../../../core/errors.js'

const problemsOf = (t: Test, pool: object): string[] => {
  const folder = t.testdir({
    'host.json': JSON.stringify({
      applicationPools: [{ name: 'P', ...pool }],
      sites: [{ name: 'S', bindings: [{ bindingInformation: '*:80:' }], applications: [{ type: 'static' }] }],
    }),
  })
  try {
    readConfig(join(folder, 'host.json'))
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems.map(
      ({ pointer, message }) => `${pointer.replace('/applicationPools/0', '')}: ${message}`,
    )
  }
}

const REMEDY = 'set "isolation": "process" for the pool "P", or leave it out'

t.test('a thread cannot have what belongs to a process', async (t) => {
  const pool = {
    nodeOptions: ['--no-deprecation'],
    nodePath: process.execPath,
    processModel: { identityType: 'SpecificUser', userName: 'nobody' },
    cpu: { smpAffinitized: true },
  }
  t.same(problemsOf(t, pool), [
    `/nodeOptions: a thread has the flags of the node that the server runs in; ${REMEDY}`,
    `/nodePath: a thread runs in the node of the server; ${REMEDY}`,
    `/processModel/identityType: a thread has the account of the server's process; ${REMEDY}`,
    `/processModel/userName: a thread has the account of the server's process; ${REMEDY}`,
    `/cpu/smpAffinitized: a thread runs on the processors of the server's process; ${REMEDY}`,
  ])
  t.same(problemsOf(t, { cpu: { smpProcessorAffinityMask: 1 } }), [], 'a mask alone binds nobody')
})

t.test('a process cannot have what belongs to threads', async (t) => {
  const pool = {
    isolation: 'process',
    nodePath: './nowhere/node',
    resourceLimits: { codeRangeSizeMb: 8, stackSizeMb: 16 },
    processModel: { threads: 2 },
  }
  t.match(problemsOf(t, pool), [
    /^\/nodePath: .*nowhere\/node is no program that the server may run$/,
    /^\/resourceLimits\/codeRangeSizeMb: node has no such limit for a process; leave it out, or use threads$/,
    /^\/resourceLimits\/stackSizeMb: a process has 8 MB of stack/,
    /^\/processModel\/threads: a worker process has one event loop; set "maxProcesses" for more workers/,
  ])
})

t.test('an account must be named, be there, and need no password', async (t) => {
  const process = (processModel: object): string[] => problemsOf(t, { isolation: 'process', processModel })
  t.same(process({ identityType: 'SpecificUser' }), [
    '/processModel/identityType: "SpecificUser" needs "userName", the name of the account',
  ])
  t.same(process({ userName: 'nobody' }), [
    '/processModel/userName: is for "identityType": "SpecificUser"; set that, or leave it out',
  ])
  t.match(process({ identityType: 'SpecificUser', userName: 'no-such-account', password: 'x' }), [
    /^\/processModel\/userName: there is no account "no-such-account" on this system$/,
    /^\/processModel\/password: root needs no password/,
  ])
})
