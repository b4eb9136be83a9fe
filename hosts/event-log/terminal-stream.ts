/** A destination of pino that shows events on a terminal, or drops them where nobody reads it. */
import type { DestinationStream } from 'pino'
import type { ServerEvent } from '../../core/index.js'
import { terminalLine } from './terminal-line.js'

/** Bytes that may wait for a terminal that does not read, say a pipe into a program that stands still. */
const MOST_WAITING = 1024 * 1024

/** Milliseconds that the end of the server waits for such a terminal. */
const PATIENCE = 1000

/** An event as pino hands it on. */
interface Entry extends Pick<ServerEvent, 'id' | 'level' | 'source'> {
  readonly time: string
  readonly msg: string
  /** A text where pino could not make JSON of them. */
  readonly facts?: Readonly<Record<string, unknown>> | string
}

export class TerminalStream implements DestinationStream {
  private readonly terminal: NodeJS.WritableStream
  private readonly coloured: boolean
  private dropped = 0

  constructor(terminal: NodeJS.WritableStream, coloured: boolean) {
    this.terminal = terminal
    this.coloured = coloured
    // Whoever read it may go away (EPIPE): that ends the showing, not the server.
    terminal.on('error', ignore)
  }

  /** Takes one event as a line of JSON. */
  write(json: string): void {
    const { time, msg, id, level, source, facts } = JSON.parse(json) as Entry
    this.show(Date.parse(time), {
      id,
      level,
      source,
      text: msg,
      ...(facts && { facts: typeof facts === 'string' ? { facts } : facts }),
    })
  }

  /** Shows an event of the event log's own. */
  show(at: number, event: ServerEvent): void {
    if (waitingIn(this.terminal) > MOST_WAITING) {
      this.dropped++
      return
    }
    if (this.dropped > 0) {
      const text = `${this.dropped} events were not shown, because the terminal did not take them`
      this.dropped = 0
      this.terminal.write(terminalLine(at, { id: 0, level: 'warning', source: 'W3SVC', text }, this.coloured))
    }
    this.terminal.write(terminalLine(at, event, this.coloured))
  }

  /** Resolves when all that was written has been handed to the operating system, or cannot be within a second. */
  async flush(): Promise<void> {
    if (waitingIn(this.terminal) === 0 || !this.terminal.writable) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE)
      this.terminal.write('', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** The terminal is not ours: it stays open. */
  close(): void {
    this.terminal.off('error', ignore)
  }
}

const ignore = (): void => undefined

const waitingIn = (stream: NodeJS.WritableStream): number =>
  'writableLength' in stream && typeof stream.writableLength === 'number' ? stream.writableLength : 0
