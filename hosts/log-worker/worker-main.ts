/** What the thread of a log module runs: one task for its whole life. */
import type { MessagePort } from 'node:worker_threads'
import type { Log } from '../../core/contract/log.js'
import { moduleOf } from '../../core/registry/module-of.js'
import type { LogStart } from './batch.js'
import { CLOSED, type FromLogWorker, type ToLogWorker } from './messages.js'
import { recordsOf } from './records.js'
import { importFile } from '../../core/registry/import-file.js'

/** Milliseconds without a batch after which a module is asked to flush. */
const QUIET = 1000

/** Resolves when the module has closed; a set-up that fails rejects it, a crash or an exit ends the thread. */
export default async ({ port, start }: { port: MessagePort; start: LogStart }): Promise<typeof CLOSED> => {
  const say = (message: FromLogWorker): void => {
    port.postMessage(message)
  }
  const log = await setUp(start, say)
  return new Promise((resolve) => {
    const desk = new Desk(log, start, say)
    port.on('message', (message: ToLogWorker) => {
      if (message.kind === 'write') desk.write(message)
      else
        desk.close(() => {
          port.close()
          resolve(CLOSED)
        })
    })
    say({ kind: 'ready' })
  })
}

const setUp = async (
  { file, name, directory, options }: LogStart,
  say: (message: FromLogWorker) => void,
): Promise<Log> => {
  const module = moduleOf(await importFile(file))
  if (module?.kind !== 'log') throw new Error(`${file} exports no log module any more`)
  const events = {
    write: (event: Extract<FromLogWorker, { kind: 'event' }>['event']) => {
      say({ kind: 'event', event })
    },
  }
  return module.setup({ name, directory, events }, options)
}

/** Calls the module's methods, one at a time. */
class Desk {
  private readonly log: Log
  private readonly start: LogStart
  private readonly say: (message: FromLogWorker) => void
  private turn: Promise<void> = Promise.resolve()
  private quiet: NodeJS.Timeout | undefined

  constructor(log: Log, start: LogStart, say: (message: FromLogWorker) => void) {
    this.log = log
    this.start = start
    this.say = say
  }

  write({ number, again, batch }: Extract<ToLogWorker, { kind: 'write' }>): void {
    clearTimeout(this.quiet)
    const { source, headers } = this.start
    this.next(
      async () => {
        await this.log.write(recordsOf(batch, headers), { source, number, again })
        this.say({ kind: 'taken', number })
        if (this.log.flush) this.quiet = setTimeout(this.flush, QUIET)
      },
      (why) => {
        this.say({ kind: 'refused', number, why })
      },
    )
  }

  close(done: () => void): void {
    clearTimeout(this.quiet)
    this.next(() => this.log.close?.(), this.complain('close'))
    void this.turn.then(done)
  }

  private readonly flush = (): void => {
    this.next(() => this.log.flush?.(), this.complain('flush'))
  }

  private next(action: () => void | Promise<void>, failed: (why: string) => void): void {
    this.turn = this.turn.then(action).catch((error: unknown) => {
      failed(error instanceof Error ? error.message : String(error))
    })
  }

  private complain(method: string): (why: string) => void {
    const { name } = this.start
    return (why) => {
      const text = `Log module "${name}" failed in ${method}: ${why}.`
      this.say({
        kind: 'event',
        event: { id: 0, level: 'error', source: 'module', text, facts: { module: name } },
      })
    }
  }
}
