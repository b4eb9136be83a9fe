/** What a pool asks of its workers against what these can do: a thread shares the server's process, a process has its own. */
import { accountNameOf, lookUpAccount } from './accounts.js'
import { findProgram, isProgram } from './find-program.js'
import type { PoolConfig } from './schema/index.js'

/** Takes what is wrong: where beneath the pool it stands, and what to do. */
type Report = (pointer: string, message: string) => void

export const checkIsolation = (pool: PoolConfig, report: Report): void => {
  const here: Report = (pointer, message) => {
    report(`${pool.pointer}${pointer}`, message)
  }
  if (pool.isolation === 'thread') refuseForThreads(pool, here)
  if (pool.isolation === 'process') checkProcess(pool, here)
}

const refuseForThreads = (pool: PoolConfig, report: Report): void => {
  const { processModel, cpu } = pool
  const refuse = (wanted: boolean, pointer: string, why: string): void => {
    if (!wanted) return
    report(pointer, `${why}; set "isolation": "process" for the pool "${pool.name}", or leave it out`)
  }
  refuse(
    processModel.identityType !== 'ApplicationPoolIdentity',
    '/processModel/identityType',
    "a thread has the account of the server's process",
  )
  refuse(
    processModel.userName !== '',
    '/processModel/userName',
    "a thread has the account of the server's process",
  )
  refuse(pool.nodePath !== undefined, '/nodePath', 'a thread runs in the node of the server')
  refuse(
    pool.nodeOptions.length > 0,
    '/nodeOptions',
    'a thread has the flags of the node that the server runs in',
  )
  refuse(cpu.limit > 0, '/cpu/limit', 'the processor time of a thread cannot be limited')
  refuse(
    cpu.smpAffinityPerWorker,
    '/cpu/smpAffinityPerWorker',
    "a thread runs on the processors of the server's process",
  )
  refuse(cpu.smpAffinitized, '/cpu/smpAffinitized', "a thread runs on the processors of the server's process")
}

const checkProcess = (pool: PoolConfig, report: Report): void => {
  const { processModel, resourceLimits, nodePath } = pool
  if (processModel.threads > 1) {
    report(
      '/processModel/threads',
      'a worker process has one event loop; set "maxProcesses" for more workers, or "isolation": "thread"',
    )
  }
  if (resourceLimits.codeRangeSizeMb !== undefined)
    report(
      '/resourceLimits/codeRangeSizeMb',
      'node has no such limit for a process; leave it out, or use threads',
    )
  if ((resourceLimits.stackSizeMb ?? 0) > LARGEST_STACK) {
    report(
      '/resourceLimits/stackSizeMb',
      `a process has 8 MB of stack from the system, of which node can be given ${LARGEST_STACK}`,
    )
  }
  if (nodePath !== undefined && !isProgram(nodePath))
    report('/nodePath', `${nodePath} is no program that the server may run`)
  if (pool.cpu.limit > 0 && process.platform !== 'linux')
    report('/cpu/limit', 'processor time is known on Linux only; leave it out')
  if (pool.cpu.smpAffinitized && process.platform !== 'linux')
    report('/cpu/smpAffinitized', 'processors can be chosen on Linux only; leave it out')
  if (pool.cpu.smpAffinityPerWorker && !pool.cpu.smpAffinitized)
    report(
      '/cpu/smpAffinityPerWorker',
      'binds nobody without "smpAffinitized": true; set that, or leave it out',
    )
  checkAccount(pool, report)
}

/** MB: node's own limit must be well below the system's, or the process is ended where it should throw a RangeError. */
const LARGEST_STACK = 7

const checkAccount = (pool: PoolConfig, report: Report): void => {
  const { identityType, userName, password } = pool.processModel
  if (password !== '')
    report(
      '/processModel/password',
      'root needs no password to run a worker as another account; leave it out',
    )
  const named = identityType === 'SpecificUser'
  const pointer = named ? '/processModel/userName' : '/processModel/identityType'
  if (userName !== '' && !named)
    report('/processModel/userName', 'is for "identityType": "SpecificUser"; set that, or leave it out')
  if (named && userName === '') {
    report('/processModel/identityType', '"SpecificUser" needs "userName", the name of the account')
    return
  }
  const name = accountNameOf(pool)
  if (name === undefined) return
  if (process.getuid === undefined || findProgram('setpriv') === undefined) {
    report(
      pointer,
      'another account needs the program setpriv (util-linux, Linux); install it, or leave it out',
    )
    return
  }
  const account = lookUpAccount(name)
  if (!account) {
    const which = named ? '' : `; ${identityType} stands for it, "SpecificUser" takes any other`
    report(pointer, `there is no account "${name}" on this system${which}`)
  } else if (process.getuid() !== 0 && process.getuid() !== account.uid) {
    report(
      pointer,
      `only root may run workers as "${name}", and the server's account is not root; start it as root, or as "${name}"`,
    )
  }
}
