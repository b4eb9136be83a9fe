/** The event log of the server: to the terminal for people, and as lines of JSON into a file for programs. */
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino, type StreamEntry } from 'pino'
import type { EventLevel, EventLog, ServerEvent } from '../../core/index.js'
import { TerminalStream } from './terminal-stream.js'

const levels: Readonly<Record<EventLevel, number>> = { info: 30, warning: 40, error: 50 }

/** Bytes that may wait for the file's disk; what comes on top is not written to it. */
const MOST_WAITING = 8 * 1024 * 1024

/** Events may quote what applications say of their users. */
const READABLE_BY = 0o640

export interface EventLogOptions {
  /** The least important level that is written. */
  readonly level: EventLevel
  /** Absolute path of a file to which events are appended as lines of JSON; its folder is made if missing. */
  readonly file?: string
  /** Gets one readable line for each event; coloured where it is a terminal and NO_COLOR is not set. */
  readonly terminal: NodeJS.WritableStream
}

/**
 * Opens the event log. `write` never throws and never waits; a file that cannot be written costs its lines and one
 * event on the terminal. `close` resolves when everything written before has been handed to the operating system.
 */
export const createEventLog = ({
  level,
  file,
  terminal,
}: EventLogOptions): EventLog & { setLevel(level: EventLevel): void; close(): Promise<void> } => {
  const shown = new TerminalStream(terminal, isColoured(terminal))
  const disk = file === undefined ? null : openFile(file, shown)
  const streams: StreamEntry<EventLevel>[] = [{ level: 'info', stream: shown }]
  if (disk) streams.push({ level: 'info', stream: disk.stream })
  const logger = pino(
    {
      level,
      customLevels: levels,
      useOnlyCustomLevels: true,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(streams, { levels }),
  )
  return {
    write(event) {
      try {
        logger[event.level]({ source: event.source, id: event.id, facts: event.facts }, event.text)
      } catch (error) {
        reportUnwritable(shown, event, error)
      }
    },
    setLevel(least) {
      logger.level = least
    },
    async close() {
      await Promise.all([disk?.close(), shown.flush()])
      shown.close()
    },
  }
}

/** https://no-color.org: set and not empty means no colour. */
const isColoured = (terminal: NodeJS.WritableStream): boolean =>
  'isTTY' in terminal && terminal.isTTY === true && !process.env.NO_COLOR

const openFile = (file: string, shown: TerminalStream) => {
  const report = (error: unknown, consequence: string): void => {
    const reason = error instanceof Error ? error.message : String(error)
    const text = `The event log file ${file} cannot be written (${reason}); ${consequence}`
    shown.show(Date.now(), { id: 0, level: 'error', source: 'W3SVC', text })
  }
  let dest
  try {
    // At once and not by pino, whose stream throws at the end of the process if it could never be opened.
    mkdirSync(dirname(file), { recursive: true })
    dest = openSync(file, 'a', READABLE_BY)
  } catch (error) {
    report(error, 'events are only shown here')
    return null
  }
  const stream = pino.destination({ dest, sync: false, maxLength: MOST_WAITING })
  let failed = false
  stream.on('error', (error: unknown) => {
    if (failed) return
    failed = true
    report(error, 'events wait in memory until it can')
  })
  stream.on('write', () => {
    failed = false
  })
  const close = async (): Promise<void> => {
    if (failed) {
      stream.destroy()
      return
    }
    // An error on the way ends the waiting too: there is nothing more to be saved then.
    const closed = once(stream, 'close').catch(() => undefined)
    stream.end()
    await closed
  }
  return { stream, close }
}

/** Facts may be anything, also an object whose getters throw; the event itself must not get lost with them. */
const reportUnwritable = (shown: TerminalStream, event: ServerEvent, error: unknown): void => {
  const { id, level, source, text } = event
  try {
    shown.show(Date.now(), { id, level, source, text, facts: { 'facts left out': String(error) } })
  } catch {
    // The terminal itself is gone; there is nobody left to tell.
  }
}
