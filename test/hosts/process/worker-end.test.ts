/** What is told of a process that has ended, from what it left. */
import t from 'tap'
import { endOf, type Remains } from '../../../hosts/process/worker-end.js'

const remains = (more: Partial<Remains>): Remains => ({
  exitCode: null,
  signal: null,
  drained: false,
  killed: false,
  spoke: true,
  lastWords: '',
  printed: '',
  ...more,
})

const OUT_OF_MEMORY =
  '\n<--- JS stacktrace --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0x1\n'

for (const [what, left, end] of [
  ['drained, whatever came then', { drained: true, exitCode: 3 }, { kind: 'stopped' }],
  ['killed by the server', { killed: true, signal: 'SIGKILL' }, { kind: 'killed' }],
  ['exit', { exitCode: 0 }, { kind: 'exited', exitCode: 0 }],
  [
    'an error',
    {
      exitCode: 1,
      lastWords: JSON.stringify({ name: 'TypeError', message: 'no', stack: 'TypeError: no\n at x' }),
    },
    { kind: 'crashed', error: { name: 'TypeError', message: 'no', stack: /at x/ } },
  ],
  ['half a word', { exitCode: 1, lastWords: '{"name":"Ty' }, { kind: 'exited', exitCode: 1 }],
  [
    'out of memory',
    { signal: 'SIGABRT', printed: OUT_OF_MEMORY },
    { kind: 'outOfMemory', error: { message: /heap limit/ } },
  ],
  [
    'an abort of another kind',
    { signal: 'SIGABRT' },
    { kind: 'crashed', error: { message: /signal SIGABRT$/ } },
  ],
  [
    'a signal, with what it printed last',
    { signal: 'SIGSEGV', printed: 'first\nsecond\n' },
    { kind: 'crashed', error: { message: 'it was ended by the signal SIGSEGV: first', stack: /second$/ } },
  ],
  [
    'a node that never began',
    { exitCode: 9, spoke: false, printed: 'node: bad option: --x\n' },
    {
      kind: 'crashed',
      error: { message: 'node ended with code 9 before it had begun: node: bad option: --x' },
    },
  ],
  [
    'an account that could not be taken',
    { exitCode: 127, spoke: false, printed: 'setpriv: setresuid failed\n' },
    { kind: 'crashed', error: { name: 'IdentityError', message: /^setpriv ended with code 127/ } },
  ],
] as const) {
  t.test(what, async (t) => {
    t.match(endOf(remains(left)), end)
  })
}
