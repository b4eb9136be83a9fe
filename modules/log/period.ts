/** When a log file ends and what its name says of its time (KB Q242898: `yymmddhh`, `yymmdd`, `yymmww`, `yymm`). */
import type { LogFileConfig } from '../../core/index.js'

export type Period = LogFileConfig['period']

/** The parts of a moment, in UTC or in the machine's time zone. */
interface Moment {
  readonly year: number
  /** 0 to 11 */
  readonly month: number
  readonly day: number
  readonly hour: number
  /** 0 is Sunday. */
  readonly weekday: number
}

const momentOf = (at: number, local: boolean): Moment => {
  const date = new Date(at)
  return local
    ? {
        year: date.getFullYear(),
        month: date.getMonth(),
        day: date.getDate(),
        hour: date.getHours(),
        weekday: date.getDay(),
      }
    : {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth(),
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        weekday: date.getUTCDay(),
      }
}

const two = (value: number): string => String(value % 100).padStart(2, '0')

/** Weeks end at midnight on Saturday and with the month; days of a sixth week still belong to the fifth (01 to 05). */
const weekOfMonth = ({ day, weekday }: Moment): number => {
  const weekdayOfFirst = (((weekday - day + 1) % 7) + 7) % 7
  return Math.min(5, Math.floor((day - 1 + weekdayOfFirst) / 7) + 1)
}

/** The digits in the name of the file that holds the lines of the moment `at`; '' where files are numbered. */
export const periodDigits = (period: Period, at: number, local: boolean): string => {
  const moment = momentOf(at, local)
  const month = two(moment.year) + two(moment.month + 1)
  switch (period) {
    case 'Hourly':
      return month + two(moment.day) + two(moment.hour)
    case 'Daily':
      return month + two(moment.day)
    case 'Weekly':
      return month + two(weekOfMonth(moment))
    case 'Monthly':
      return month
    case 'MaxSize':
      return ''
  }
}

/** The moment at which the file that holds the lines of `at` ends; infinite where size alone decides. */
export const periodEnd = (period: Period, at: number, local: boolean): number => {
  const { year, month, day, hour, weekday } = momentOf(at, local)
  const time = (...parts: [number, number, number, number]): number =>
    local ? new Date(...parts).getTime() : Date.UTC(...parts)
  switch (period) {
    case 'Hourly':
      return time(year, month, day, hour + 1)
    case 'Daily':
      return time(year, month, day + 1, 0)
    case 'Weekly':
      return Math.min(time(year, month, day + 7 - weekday, 0), time(year, month + 1, 1, 0))
    case 'Monthly':
      return time(year, month + 1, 1, 0)
    case 'MaxSize':
      return Number.POSITIVE_INFINITY
  }
}
