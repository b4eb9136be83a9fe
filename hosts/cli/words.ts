/** Lengths of time and amounts of memory as people read them. */

/** `340 ms`, `12 s`, `4 min`, `3 h`, `2 d`. */
export const age = (milliseconds: number): string => {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`

export const percent = (share: number): string => `${Math.round(share * 100)} %`

export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** In the machine's own time: `2026-11-21 10:02:11`. */
export const moment = (at: number): string => {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ')
}
