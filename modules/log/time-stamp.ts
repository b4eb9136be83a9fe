/** The times of log lines; thousands of lines share a second, so the last one's text is kept. */
import { Buffer } from 'node:buffer'

/** A text that is the same for all moments of a step, and its bytes. */
export class StepText {
  bytes: Buffer = Buffer.alloc(0)
  text = ''
  private step = Number.NaN
  private readonly length: number
  private readonly make: (at: number) => string

  /** `length`: milliseconds of a step; `make` gets its beginning. */
  constructor(length: number, make: (at: number) => string) {
    this.length = length
    this.make = make
  }

  /** Afterwards `text` and `bytes` are those of the moment `at`. */
  turnTo(at: number): this {
    const step = Math.floor(at / this.length)
    if (step !== this.step) {
      this.step = step
      this.text = this.make(step * this.length)
      this.bytes = Buffer.from(this.text, 'latin1')
    }
    return this
  }
}

const SECOND = 1000

/** `2010-12-31 00:00:12` in UTC for so many milliseconds since the epoch. */
export const stampOf = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')

const stamps = new StepText(SECOND, stampOf)

/** The same, remembered. */
export const timeStamp = (at: number): string => stamps.turnTo(at).text

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')

/** `12/31/2010, 0:00:12` by the machine's time zone: date and time of the IIS format. */
export const iisStamps = (): StepText =>
  new StepText(SECOND, (at) => {
    const date = new Date(at)
    const day = `${date.getMonth() + 1}/${date.getDate()}/${date.getFullYear()}`
    return `${day}, ${date.getHours()}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  })

/** `[31/Dec/2010:00:00:12 -0500]` by the machine's time zone: the time of the NCSA format. */
export const ncsaStamps = (): StepText =>
  new StepText(SECOND, (at) => {
    const date = new Date(at)
    const day = `${two(date.getDate())}/${months[date.getMonth()] ?? ''}/${date.getFullYear()}`
    const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
    const east = -date.getTimezoneOffset()
    const offset = two(Math.floor(Math.abs(east) / 60)) + two(Math.abs(east) % 60)
    return `[${day}:${time} ${east < 0 ? '-' : '+'}${offset}]`
  })
