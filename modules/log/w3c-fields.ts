/** The fields of the W3C Extended format in their fixed order: the flag that selects each, and its name in `#Fields`. */

/** Numbers, because the line is built by a switch over them, for every request. */
export const Field = {
  DateTime: 0,
  Date: 1,
  Time: 2,
  SiteName: 3,
  ComputerName: 4,
  ServerIP: 5,
  Method: 6,
  UriStem: 7,
  UriQuery: 8,
  ServerPort: 9,
  UserName: 10,
  ClientIP: 11,
  ProtocolVersion: 12,
  UserAgent: 13,
  Cookie: 14,
  Referer: 15,
  Host: 16,
  HttpStatus: 17,
  HttpSubStatus: 18,
  Win32Status: 19,
  BytesSent: 20,
  BytesRecv: 21,
  TimeTaken: 22,
} as const

export type FieldFlag = Exclude<keyof typeof Field, 'DateTime'>

const names: readonly (readonly [FieldFlag, string])[] = [
  ['Date', 'date'],
  ['Time', 'time'],
  ['SiteName', 's-sitename'],
  ['ComputerName', 's-computername'],
  ['ServerIP', 's-ip'],
  ['Method', 'cs-method'],
  ['UriStem', 'cs-uri-stem'],
  ['UriQuery', 'cs-uri-query'],
  ['ServerPort', 's-port'],
  ['UserName', 'cs-username'],
  ['ClientIP', 'c-ip'],
  ['ProtocolVersion', 'cs-version'],
  ['UserAgent', 'cs(User-Agent)'],
  ['Cookie', 'cs(Cookie)'],
  ['Referer', 'cs(Referer)'],
  ['Host', 'cs-host'],
  ['HttpStatus', 'sc-status'],
  ['HttpSubStatus', 'sc-substatus'],
  ['Win32Status', 'sc-win32-status'],
  ['BytesSent', 'sc-bytes'],
  ['BytesRecv', 'cs-bytes'],
  ['TimeTaken', 'time-taken'],
]

/** Names of the selected fields, in the fixed order whatever that of the selection. */
export const fieldNames = (flags: readonly FieldFlag[]): string[] =>
  names.filter(([flag]) => flags.includes(flag)).map(([, name]) => name)

/** Numbers of the selected fields, in the same order; date and time together are one. */
export const fieldNumbers = (flags: readonly FieldFlag[]): number[] => {
  const numbers: number[] = names.filter(([flag]) => flags.includes(flag)).map(([flag]) => Field[flag])
  if (numbers[0] === Field.Date && numbers[1] === Field.Time) numbers.splice(0, 2, Field.DateTime)
  return numbers
}
