/** Lengths of time as text: IIS's `[d.]hh:mm:ss`, and `20m`, `1h30m`, `500ms`. */
const CLOCK = /^(?:(\d+)\.)?(\d+):([0-5]\d):([0-5]\d)$/
const UNITS = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Milliseconds, or undefined where `text` is no time span. Hours beyond 23 are allowed where no days are given. */
export const parseTimeSpan = (text: string): number | undefined => {
  const clock = CLOCK.exec(text)
  if (clock) {
    const [, days, hours, minutes, seconds] = clock
    if (days !== undefined && Number(hours) > 23) return undefined
    return sum([days, hours, minutes, seconds])
  }
  const units = text === '' ? null : UNITS.exec(text)
  return units ? sum(units.slice(1)) : undefined
}

const sum = (parts: readonly (string | undefined)[]): number => {
  const [days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = parts.map((part) =>
    Number(part ?? 0),
  )
  return days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + milliseconds
}

/** Milliseconds in IIS's form; what is finer than a second as `500ms`. */
export const formatTimeSpan = (milliseconds: number): string => {
  if (milliseconds % SECOND !== 0) return `${milliseconds}ms`
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const days = milliseconds >= DAY ? `${Math.floor(milliseconds / DAY)}.` : ''
  const rest = milliseconds % DAY
  return `${days}${two(rest / HOUR)}:${two((rest % HOUR) / MINUTE)}:${two((rest % MINUTE) / SECOND)}`
}

/** The same two forms as a pattern for editors. */
export const timeSpanPattern = '(\\d+\\.)?\\d+:[0-5]\\d:[0-5]\\d|(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?'
