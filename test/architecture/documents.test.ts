/** Keeps the documents true: the state table, the errors, the acceptance list. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { errorTable } from '../../core/errors.js'
import { listenerStates } from '../../core/pipeline/listener-states.js'
import { workerStates } from '../../core/pipeline/worker-states.js'
import { ServerVariables } from '../../hosts/runtime/server-variables.js'
import { poolMoves, workerMoves } from '../../core/was/states.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The cells of each table row of a document, without the alignment rows. */
const rowsOf = (file: string): string[][] =>
  read(file)
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[-| :]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    )

t.test('docs/request-path.md shows the state table of the code', async (t) => {
  const rows = rowsOf('docs/request-path.md')
  for (const { state, slot, onContinue, onFinish, onError } of listenerStates) {
    const row = rows.find(([first]) => first === state)
    t.ok(row, `a row for ${state}`)
    t.same(row?.slice(1, 5), [slot ?? '-', onContinue, onFinish, onError], state)
  }
})

t.test('docs/request-path.md shows the events of the worker', async (t) => {
  const rows = rowsOf('docs/request-path.md')
  for (const { state, onContinue, onFinish, onError } of workerStates) {
    const found = rows.some((row) => row.slice(0, 4).join() === [state, onContinue, onFinish, onError].join())
    t.ok(found, `a row for ${state}`)
  }
})

t.test('docs/errors.md has each row of the error table, and no other', async (t) => {
  const rows = rowsOf('docs/errors.md').filter(([code]) => code !== undefined && /^[A-Z_]+$/.test(code))
  const documented: Record<string, unknown> = Object.fromEntries(
    rows.map(([code, status, reason]) => [code ?? '', [status, reason]]),
  )
  const expected = Object.fromEntries(
    Object.entries(errorTable).map(([code, { status, subStatus, reason }]) => [
      code,
      [status === 0 ? 'none' : `${status}.${subStatus}`, reason],
    ]),
  )
  t.same(documented, expected)
})

t.test('docs/supervision.md shows the states of pools and workers', async (t) => {
  const rows = rowsOf('docs/supervision.md')
  for (const [state, next] of [...Object.entries(workerMoves), ...Object.entries(poolMoves)]) {
    const row = rows.find(([first, second]) => first === state && second === (next.join(', ') || '-'))
    t.ok(row, `a row for ${state}`)
  }
})

t.test('docs/parity.md names tests that exist', async (t) => {
  const named = [...read('docs/parity.md').matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1] ?? '')
  t.ok(named.length > 20, 'it names tests')
  t.same(
    named.filter((file) => !existsSync(join(ROOT, file))),
    [],
  )
})

t.test('docs/from-isapi.md has a row for every event, notification and server variable', async (t) => {
  const cells = new Set(rowsOf('docs/from-isapi.md').flat())
  for (const { state } of workerStates) if (state !== 'respond') t.ok(cells.has(state), state)
  const notifications = ['readRawData', 'preprocHeaders', 'urlMap', 'authentication', 'authComplete']
  notifications.push('accessDenied', 'sendResponse', 'sendRawData', 'log', 'endOfRequest', 'endOfNetSession')
  for (const name of notifications) t.ok(cells.has(name), name)
  const own = Object.getOwnPropertyNames(ServerVariables.prototype).filter((name) => /^[A-Z_]+$/.test(name))
  t.ok(own.length > 60, 'the variables of the code')
  for (const name of own) t.ok(cells.has(name), name)
})

t.test('docs/from-isapi.md has a row for every server support function', async (t) => {
  const codes = rowsOf('docs/from-isapi.md').map(([code]) => code ?? '')
  // learn.microsoft.com, "ServerSupportFunction"; 1021 and the like were never given.
  for (const code of [1, 2, 3, 4, 1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1010, 1011, 1012, 1014])
    t.ok(codes.includes(String(code)), String(code))
  for (const code of [1015, 1016, 1017, 1018, 1020, 1025, 1026, 1027, 1028, 1030, 1032, 1033, 1037, 1040])
    t.ok(codes.includes(String(code)), String(code))
  for (const code of ['1023, 1024', '1038, 1041', '1042, 1044', 1043, 1045, 1046, 1047, 1048, 1049, 1050])
    t.ok(codes.includes(String(code)), String(code))
})
