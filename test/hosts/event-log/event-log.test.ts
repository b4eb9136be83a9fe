process.env.TZ = 'UTC'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { createEventLog } from '../../../hosts/event-log/event-log.js'
import { terminalLine } from '../../../hosts/event-log/terminal-line.js'
import type { ServerEvent } from '../../../core/index.js'

const AT = Date.UTC(2026, 0, 5, 6, 39, 30)
const ended: ServerEvent = {
  id: 5009,
  level: 'warning',
  source: 'WAS',
  text: 'worker 3 of pool "Api" ended unexpectedly',
}
const note: ServerEvent = { id: 0, level: 'info', source: 'W3SVC', text: 'started' }

const shownBy = (terminal: PassThrough): string => String(terminal.read() ?? '')

t.test('an event is one line with the time, the level, the source and its id', (t) => {
  t.equal(
    terminalLine(AT, ended, false),
    '06:39:30 WARNING WAS 5009  worker 3 of pool "Api" ended unexpectedly\n',
  )
  t.equal(terminalLine(AT, note, false), '06:39:30 INFO    W3SVC  started\n')
  t.end()
})

t.test('a stack stands below, indented; short facts are left to the file', (t) => {
  const facts = { exitCode: 1, stack: 'Error: x\n  at f', list: [1, 2] }
  t.equal(
    terminalLine(AT, { ...note, facts }, false),
    '06:39:30 INFO    W3SVC  started\n    Error: x\n      at f\n',
  )
  t.end()
})

t.test('nothing that an application says can paint the terminal or forge a line', (t) => {
  const text = 'a\u001b[31mb\r\n06:39:30 ERROR WAS  forged'
  t.equal(
    terminalLine(AT, { ...note, text, facts: { x: 'a\n\u0007\u202e' } }, false),
    '06:39:30 INFO    W3SVC  a\\u{1b}[31mb 06:39:30 ERROR WAS  forged\n    a\n    \\u{7}\\u{202e}\n',
  )
  t.end()
})

t.test('a terminal gets colours unless NO_COLOR is set; a pipe gets none', async (t) => {
  const shown = async (isTTY: boolean, noColour: string): Promise<string> => {
    process.env.NO_COLOR = noColour
    const terminal = Object.assign(new PassThrough(), { isTTY })
    const log = createEventLog({ level: 'info', terminal })
    log.write(ended)
    await log.close()
    return shownBy(terminal)
  }
  t.ok((await shown(true, '')).includes('\u001b[33mWARNING\u001b[0m'))
  t.notOk((await shown(true, '1')).includes('\u001b'))
  t.notOk((await shown(false, '')).includes('\u001b'))
})

t.test('events below the level are not written', async (t) => {
  const terminal = new PassThrough()
  const log = createEventLog({ level: 'warning', terminal })
  log.write(note)
  log.write(ended)
  await log.close()
  t.match(shownBy(terminal), /^\d\d:\d\d:\d\d WARNING WAS 5009 {2}worker 3 [^\n]*\n$/)
})

t.test('the file has every event as a line of JSON when the log is closed', async (t) => {
  const file = join(t.testdir(), 'deep', 'events.jsonl')
  const log = createEventLog({ level: 'info', file, terminal: new PassThrough().resume() })
  for (let i = 0; i < 500; i++) log.write({ ...ended, facts: { i } })
  await log.close()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  t.equal(lines.length, 500)
  t.match(JSON.parse(lines[499] ?? ''), {
    level: 'warning',
    time: /^\d{4}-\d\d-\d\dT/,
    source: 'WAS',
    id: 5009,
    facts: { i: 499 },
    msg: ended.text,
  })
})

t.test('facts that cannot be written do not keep the event from being written', async (t) => {
  const terminal = new PassThrough()
  const log = createEventLog({ level: 'info', terminal })
  const circle: Record<string, unknown> = { big: 10n }
  circle.self = circle
  log.write({ ...note, facts: circle })
  log.write({
    ...note,
    facts: {
      get bad(): never {
        throw new Error('no')
      },
    },
  })
  await log.close()
  t.equal(shownBy(terminal).match(/started/g)?.length, 2)
})

for (const [what, pathIn] of [
  ['is on a full disk', () => '/dev/full'],
  ['cannot be opened', (folder: string) => join(folder, 'file', 'events.jsonl')],
] as const) {
  t.test(`a file that ${what} is reported once, and events are still shown`, async (t) => {
    const terminal = new PassThrough()
    const log = createEventLog({ level: 'info', file: pathIn(t.testdir({ file: '' })), terminal })
    let shown = ''
    terminal.on('data', (chunk: Buffer) => {
      shown += String(chunk)
    })
    log.write(note)
    while (!shown.includes('cannot be written')) await new Promise((resolve) => setImmediate(resolve))
    log.write(note)
    log.write(note)
    await log.close()
    t.equal(shown.match(/cannot be written/g)?.length, 1)
    t.equal(shown.match(/started/g)?.length, 3)
  })
}

t.test('a terminal that does not read is not waited for, and hears how much it missed', async (t) => {
  let release = (): void => undefined
  const taken: string[] = []
  const terminal = new Writable({
    write(chunk, _encoding, done) {
      taken.push(String(chunk))
      if (taken.length === 1) release = done
      else done()
    },
  })
  const log = createEventLog({ level: 'info', terminal })
  const text = 'x'.repeat(10_000)
  for (let i = 0; i < 500; i++) log.write({ ...note, text })
  t.ok(terminal.writableLength < 2e6)
  release()
  await new Promise((resolve) => setImmediate(resolve))
  log.write(note)
  await log.close()
  t.match(taken.join(''), /\d+ events were not shown/)
})

t.test('a terminal that never reads does not hold up the close', async (t) => {
  const log = createEventLog({ level: 'info', terminal: new PassThrough() })
  for (let i = 0; i < 50; i++) log.write({ ...note, text: 'x'.repeat(1000) })
  await t.resolves(log.close())
})

t.test('a terminal that goes away does not throw', async (t) => {
  const terminal = new Writable({
    write(_chunk, _encoding, done) {
      done(new Error('EPIPE'))
    },
  })
  const log = createEventLog({ level: 'info', terminal })
  log.write(note)
  await new Promise((resolve) => setImmediate(resolve))
  t.doesNotThrow(() => {
    log.write(note)
  })
  await log.close()
})
