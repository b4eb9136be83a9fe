/** The folder of the trace files: numbered, and never more than so many. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TraceReport } from './trace.js'
import { tracePage } from './trace-page.js'

const NAME = /^fr(\d{6})\.json$/
/** Waiting to be written; a disk that cannot follow costs traces, not memory. */
const MOST_WAITING = 100

export class TraceFolder {
  private readonly path: string
  private readonly most: number
  private readonly failed: (error: unknown) => void
  private waiting: TraceReport[] = []
  private writing: Promise<void> | null = null

  /** @param failed - told when files cannot be written */
  constructor(path: string, most: number, failed: (error: unknown) => void) {
    this.path = path
    this.most = most
    this.failed = failed
  }

  write(report: TraceReport): void {
    if (this.waiting.length >= MOST_WAITING) this.waiting.shift()
    this.waiting.push(report)
    this.writing ??= this.writeAll().finally(() => (this.writing = null))
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    await this.writing
  }

  private async writeAll(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true })
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) await this.writeOne(next)
    } catch (error) {
      this.waiting = []
      this.failed(error)
    }
  }

  private async writeOne(report: TraceReport): Promise<void> {
    const numbers = await this.numbers()
    let number = (numbers.at(-1) ?? 0) + 1
    for (;;) {
      const name = `fr${String(number).padStart(6, '0')}`
      try {
        // Other workers write here too: whoever makes the file has the number.
        await writeFile(join(this.path, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`, {
          flag: 'wx',
        })
        await writeFile(join(this.path, `${name}.html`), tracePage(report))
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        number++
      }
    }
    for (const old of numbers.slice(0, Math.max(0, numbers.length + 1 - this.most))) {
      const name = join(this.path, `fr${String(old).padStart(6, '0')}`)
      await Promise.all([rm(`${name}.json`, { force: true }), rm(`${name}.html`, { force: true })])
    }
  }

  /** In their order. */
  private async numbers(): Promise<number[]> {
    const names = await readdir(this.path)
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
  }
}
