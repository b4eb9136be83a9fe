/** Why a worker process ended, from all that is known afterwards. */
import { IDENTITY_ERROR, type WorkerEnd } from '../../core/contract/worker-host.js'
import { readLastWords } from './last-words.js'

export interface Remains {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** It said that it had drained. */
  readonly drained: boolean
  /** The server killed it. */
  readonly killed: boolean
  /** It said anything at all. */
  readonly spoke: boolean
  /** What it left on the pipe for last words, and the end of its standard error. */
  readonly lastWords: string
  readonly printed: string
}

export const endOf = (remains: Remains): WorkerEnd => {
  const { exitCode, signal, drained, killed, spoke, printed } = remains
  if (drained) return { kind: 'stopped' }
  if (killed) return { kind: 'killed' }
  const error = readLastWords(remains.lastWords)
  if (error) return { kind: 'crashed', error }
  if (signal !== null) {
    const [outOfMemory] = (signal === 'SIGABRT' ? OUT_OF_MEMORY.exec(printed) : null) ?? []
    if (outOfMemory !== undefined) return { kind: 'outOfMemory', error: new Error(outOfMemory) }
    return { kind: 'crashed', error: tell(`it was ended by the signal ${signal}`, printed) }
  }
  if (!spoke) {
    const refused = printed.startsWith('setpriv:')
    const who = refused ? 'setpriv' : 'node'
    const early = tell(`${who} ended with code ${exitCode ?? ''} before it had begun`, printed)
    return { kind: 'crashed', error: refused ? Object.assign(early, { name: IDENTITY_ERROR }) : early }
  }
  return exitCode === null ? { kind: 'crashed' } : { kind: 'exited', exitCode }
}

/** V8 says so before it aborts. */
const OUT_OF_MEMORY = /^FATAL ERROR: .*(out of memory|Allocation failed).*$/m

/** Lines of standard error that belong to the evidence. */
const LINES = 10

/** An error whose stack is what the process printed last. */
const tell = (what: string, printed: string): Error => {
  const lines = printed.trim().split('\n').slice(-LINES)
  const [first = ''] = lines
  const error = new Error(first === '' ? what : `${what}: ${first}`)
  error.stack = `${what}\n${lines.join('\n')}`
  return error
}
