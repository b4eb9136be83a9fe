/** The `date time` of a log line, in UTC; thousands of lines share a second, so the last one's text is kept. */
let second = Number.NaN
let text = ''

/** `2010-12-31 00:00:12` for so many milliseconds since the epoch. */
export const timeStamp = (at: number): string => {
  const now = Math.floor(at / 1000)
  if (now !== second) {
    second = now
    text = new Date(now * 1000).toISOString().slice(0, 19).replace('T', ' ')
  }
  return text
}
