/** Reads the dates of HTTP fields in all three forms that RFC 9110 section 5.6.7 asks a recipient to understand. */

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
const FIXDATE = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i
const RFC850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/i
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i
const YEAR = 31_556_952_000

/**
 * Milliseconds since the epoch, or NaN for anything that is not a date of one of the three forms; the name of the
 * weekday is not compared, nor is the case of letters (RFC 9110 section 5.6.7 asks to be robust).
 *
 * @param now - tells the century of the two-digit years of RFC 850: none is more than 50 years ahead.
 */
export const parseHttpDate = (text: string, now: number): number => {
  const fixdate = FIXDATE.exec(text)
  if (fixdate) {
    const [, day, month, year, hour, minute, second] = fixdate
    return toTime(Number(year), month, day, hour, minute, second)
  }
  const asctime = ASCTIME.exec(text)
  if (asctime) {
    const [, month, day, hour, minute, second, year] = asctime
    return toTime(Number(year), month, day, hour, minute, second)
  }
  const rfc850 = RFC850.exec(text)
  if (!rfc850) return NaN
  const [, day, month, shortYear, hour, minute, second] = rfc850
  const century = Math.floor(new Date(now).getUTCFullYear() / 100) * 100
  const year = century + Number(shortYear)
  const time = toTime(year, month, day, hour, minute, second)
  return time - now > 50 * YEAR ? toTime(year - 100, month, day, hour, minute, second) : time
}

type Part = string | undefined

const toTime = (year: number, month: Part, day: Part, hour: Part, minute: Part, second: Part): number => {
  const monthAt = MONTHS.indexOf(month?.toLowerCase() ?? '?')
  if (monthAt < 0 || monthAt % 3 !== 0) return NaN
  // 60 is a leap second.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return NaN
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, monthAt / 3, Number(day))
  // The 31st of a shorter month would be read as the first of the next.
  if (midnight.getUTCDate() !== Number(day)) return NaN
  return midnight.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
}
